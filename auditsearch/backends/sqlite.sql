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

-- Facts stand in blocks of events, so that what is written lies close together however much is there already.
CREATE TABLE IF NOT EXISTS block (
    id INTEGER PRIMARY KEY -- event.key / 4096
);

CREATE TABLE IF NOT EXISTS fact (
    block INTEGER NOT NULL,
    path INTEGER NOT NULL,
    value TEXT NOT NULL,
    event INTEGER NOT NULL,
    PRIMARY KEY (block, path, value, event)
) WITHOUT ROWID;

-- The same with the value folded, where that differs.
CREATE TABLE IF NOT EXISTS folded (
    block INTEGER NOT NULL,
    path INTEGER NOT NULL,
    value TEXT NOT NULL,
    event INTEGER NOT NULL,
    PRIMARY KEY (block, path, value, event)
) WITHOUT ROWID;

-- Values of promoted fields: text, a number, or milliseconds since the epoch.
CREATE TABLE IF NOT EXISTS promoted (
    name TEXT NOT NULL,
    event INTEGER NOT NULL,
    value NOT NULL,
    PRIMARY KEY (name, event, value)
) WITHOUT ROWID;

-- Promoted fields with a value that is none of their kind.
CREATE TABLE IF NOT EXISTS misfit (
    name TEXT NOT NULL,
    event INTEGER NOT NULL,
    PRIMARY KEY (name, event)
) WITHOUT ROWID;

-- What the file was last made for: `promoted` is the signature of the promoted fields.
CREATE TABLE IF NOT EXISTS made_for (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Ready words; the tokenizer only cuts them at spaces. The text itself can be made again from `body`.
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (text, content = '', tokenize = 'ascii');
