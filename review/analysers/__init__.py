"""Every analyser there is. To add one: write its module and add its class here."""

from __future__ import annotations

from review.analyser import Analyser
from review.analysers.actionlint import Actionlint
from review.analysers.conflict_markers import ConflictMarkers
from review.analysers.debug_leftovers import DebugLeftovers
from review.analysers.dependency_changes import DependencyChanges
from review.analysers.hadolint import Hadolint
from review.analysers.hidden_unicode import HiddenUnicode
from review.analysers.large_files import LargeFiles
from review.analysers.missing_tests import MissingTests
from review.analysers.oxlint import Oxlint
from review.analysers.ruff import Ruff
from review.analysers.secrets import Secrets
from review.analysers.security import Security
from review.analysers.sensitive_files import SensitiveFiles
from review.analysers.shellcheck import Shellcheck
from review.analysers.workflow_permissions import WorkflowPermissions
from review.analysers.yamllint import Yamllint
from review.analysers.zizmor import Zizmor

ALL: tuple[type[Analyser], ...] = (
    Secrets,
    SensitiveFiles,
    Security,
    Ruff,
    Oxlint,
    Shellcheck,
    Hadolint,
    Yamllint,
    Zizmor,
    Actionlint,
    ConflictMarkers,
    HiddenUnicode,
    WorkflowPermissions,
    DependencyChanges,
    DebugLeftovers,
    LargeFiles,
    MissingTests,
)
