-- One file holds all events. Strings compare by code point (BINARY over UTF-8), as every backend orders them.

-- What events are ordered by and drawn together by: the envelope, in its clipped form.
CREATE TABLE IF NOT EXISTS event (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    ts INTEGER NOT NULL, -- microseconds since the epoch
    partition TEXT NOT NULL,
    leaf TEXT NOT NULL,
    clipped INTEGER NOT NULL,
    event_code TEXT,
    event_type TEXT,
    system_type TEXT,
    object_type TEXT,
    object_id TEXT,
    object_label TEXT,
    request_token TEXT,
    suid TEXT,
    user_name TEXT,
    ip TEXT,
    log_name TEXT,
    level TEXT,
    logger TEXT
);

CREATE INDEX IF NOT EXISTS event_time ON event (ts, id);

-- The exact text that was captured, apart, so that ordering never reads it.
CREATE TABLE IF NOT EXISTS body (
    event INTEGER PRIMARY KEY,
    canonical TEXT NOT NULL
);

-- The path of facts with their kind as its last character: `snapshot.amount#`.
CREATE TABLE IF NOT EXISTS path (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE IF NOT EXISTS fact (
    path INTEGER NOT NULL,
    value TEXT NOT NULL,
    event INTEGER NOT NULL,
    PRIMARY KEY (path, value, event)
) WITHOUT ROWID;

-- The same with the value folded, where that differs.
CREATE TABLE IF NOT EXISTS folded (
    path INTEGER NOT NULL,
    value TEXT NOT NULL,
    event INTEGER NOT NULL,
    PRIMARY KEY (path, value, event)
) WITHOUT ROWID;

-- Ready words; the tokenizer only cuts them at spaces. The text itself can be made again from `body`.
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (text, content = '', tokenize = 'ascii');
