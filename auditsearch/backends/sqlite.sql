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

-- What PERSONAL names: the side objects, as JSON, of the events that have one.
CREATE TABLE IF NOT EXISTS personal (
    event INTEGER PRIMARY KEY,
    side TEXT NOT NULL
);

-- Neighbouring events whose facts stand together: what is written lies close together, however much is there.
CREATE TABLE IF NOT EXISTS segment (
    low INTEGER PRIMARY KEY, -- of their keys
    size INTEGER NOT NULL,
    first INTEGER NOT NULL, -- of their times
    last INTEGER NOT NULL,
    languages TEXT NOT NULL, -- whose stems stand behind their words
    gone BLOB NOT NULL -- those taken away, as a number with their bits
);

-- Sorted facts of a segment, some at a time; what the bytes mean stands in sqlite_page.py.
CREATE TABLE IF NOT EXISTS page (
    id INTEGER PRIMARY KEY,
    segment INTEGER NOT NULL,
    folded INTEGER NOT NULL, -- 1: with the values folded, where that differs
    first BLOB NOT NULL,
    body BLOB NOT NULL,
    counts BLOB NOT NULL,
    events BLOB NOT NULL
);

CREATE UNIQUE INDEX IF NOT EXISTS page_first ON page (segment, folded, first);

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

-- The ready words of what PERSONAL names, apart, so that only an unmasked question finds them.
CREATE VIRTUAL TABLE IF NOT EXISTS words_personal USING fts5 (text, content = '', tokenize = 'ascii');
