"""Names under which the web application holds what it was built with."""

from __future__ import annotations

from aiohttp import web

from bot.services import WebServices
from bot.web.ingest import Ingest
from bot.web.render import PageReader

SERVICES = web.AppKey("services", WebServices)
INGEST = web.AppKey("ingest", Ingest)
PAGES = web.AppKey("pages", PageReader)
REQUEST_ID = web.RequestKey("request_id", str)
