-- A lesson says which golden paths brought its run about: names, as a JSON list.
alter table lessons add column paths text not null default '[]';
