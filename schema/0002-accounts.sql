-- Accounts and log-ins stand outside the chain, since a hash must be changeable and a person removable; that an account
-- was made, changed or removed is an event `account` in it: who, whom, role.

-- `hash` is argon2id in its own text form. `must_change`: somebody else chose the password.
CREATE TABLE account (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  hash TEXT NOT NULL,
  must_change INTEGER NOT NULL,
  disabled INTEGER NOT NULL,
  made_at_ms INTEGER NOT NULL
) STRICT;

-- Who is logged in, so that a restart logs nobody out. `token` is SHA-256 of what the client holds.
CREATE TABLE log_in (
  token BLOB PRIMARY KEY,
  account TEXT NOT NULL,
  made_at_ms INTEGER NOT NULL,
  used_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX log_in_account ON log_in (account);
