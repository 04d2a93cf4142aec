INSERT INTO inbox (delivery_id, event, action, installation_id, repository_id, received_at, due_at, note)
VALUES ('00000000000000000000000000000001', 'pull_request', 'opened', 7, 11,
        '2026-11-22 12:00:00.000000', '2026-11-22 12:00:05.000000', NULL);
INSERT INTO work (subject, kind, installation_id, message, ordinal, wanted_at, next_run_at, updated_at)
VALUES ('11:1:review', 'review', 7, '{}', 1,
        '2026-11-22 12:00:00.000000', '2026-11-22 12:00:00.000000', '2026-11-22 12:00:00.000000');
INSERT INTO effect (effect_key, state, remote_id, updated_at)
VALUES ('11:1:review@abc#check-run', 1, 42, '2026-11-22 12:00:00.000000');
INSERT INTO reviews (id, effect_key, installation_id, repository_id, repository, private, number, head_sha, base_sha,
                     verdict, title, counts, findings, files, additions, deletions, skipped, security_score,
                     quality_score, started_at, finished_at)
VALUES ('00000000000000000000000000000002', '11:1:review@abc', 7, 11, 'octo-org/shop', false, 1, 'abc', 'def',
        'clean', 'No problems found', '{}', '[]', 1, 2, 3, '[]', 100, 99.5,
        '2026-11-22 12:00:00.000000', '2026-11-22 12:00:09.000000');
INSERT INTO installations (installation_id, account, updated_at) VALUES (7, 'octo-org', '2026-11-22 12:00:00.000000');
INSERT INTO repositories (repository_id, installation_id, full_name, private) VALUES (11, 7, 'octo-org/shop', false);
INSERT INTO worker_beats (worker_id, started_at, last_seen)
VALUES ('host-1-abc', '2026-11-22 12:00:00.000000', '2026-11-22 12:00:00.000000');
INSERT INTO users (email, password_hash) VALUES ('a@example.com', 'x');
INSERT INTO health_checks (server_name, status) VALUES ('enhanced-git', 'healthy');
INSERT INTO usage_events (event_type, event_data) VALUES ('review', '{"files": 1}');
