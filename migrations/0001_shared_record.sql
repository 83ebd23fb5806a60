-- The shared record that people and agents query. Every row is a copy of what one Durable Object owns; it is written
-- after the owner's own storage, idempotently, and never read to decide anything.
create table scopes (
  scope text primary key,
  zone_id text not null,
  zone_name text not null,
  account_id text not null,
  generation integer not null default 0,
  seen_at text not null
);

create table incidents (
  id text primary key,
  scope text not null,
  status text not null,
  cause text not null,
  opened_at text not null,
  closed_at text,
  run text,
  drift text not null
);
create index incidents_by_scope on incidents (scope, opened_at desc);
create index incidents_by_time on incidents (opened_at desc, id);

create table runs (
  id text primary key,
  incident text not null,
  scope text not null,
  epoch integer not null,
  phase text not null,
  plan_digest text not null,
  dossier_digest text not null,
  started_at text not null,
  updated_at text not null,
  finished integer not null,
  view text not null
);
create index runs_by_time on runs (started_at desc, id);
create index runs_unfinished on runs (finished) where finished = 0;

create table ballots (
  run text not null,
  voter text not null,
  vote text not null,
  tier integer not null,
  reasons text not null,
  cast_at text not null,
  signature text not null,
  primary key (run, voter)
);

create table approvals (
  run text not null,
  by text not null,
  verdict text not null,
  at text not null,
  primary key (run, by)
);

create table lessons (
  run text primary key,
  scope text not null,
  cause text not null,
  shape text not null,
  shape_digest text not null,
  outcome text not null,
  calls integer not null,
  at text not null
);
create index lessons_by_time on lessons (at desc, run);
