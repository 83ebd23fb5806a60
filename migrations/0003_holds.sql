-- Holds, current and ended. `selector` null: the whole scope. While `ended_at` is null it holds, expired or not.
create table holds (
  id text primary key,
  scope text not null,
  selector text,
  reason text not null,
  placed_by text not null,
  placed_at text not null,
  expires_at text not null,
  ended_at text,
  ended_by text,
  ended_how text
);
create index holds_by_scope on holds (scope, placed_at desc);
create index holds_by_time on holds (placed_at desc, id);
