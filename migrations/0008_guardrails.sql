-- Guardrails, current and ended. `guardrail` has all of it; the other columns are for looking up. `ended_at` null: the lease
-- runs, if `expires_at` is ahead.
create table guardrails (
  id text primary key,
  scope text not null,
  template text not null,
  placed_at text not null,
  expires_at text not null,
  ended_at text,
  guardrail text not null
);
create index guardrails_by_scope on guardrails (scope, placed_at desc);
create index guardrails_by_time on guardrails (placed_at desc, id);
-- What an incident of another cause than drift rests on: diagnosis and facts. Null: drift.
alter table incidents add column facts text;
