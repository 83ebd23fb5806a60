-- Intents, as the architect of their scope has told of them. `view` is what the API shows.
create table intents (
  id text primary key,
  scope text not null,
  phase text not null,
  asked_by text not null,
  asked_at text not null,
  view text not null
);
create index intents_by_scope on intents (scope, asked_at desc);
create index intents_by_time on intents (asked_at desc, id);
