-- A scope is a zone or an account. For an account, zone_id and zone_name hold the account's id and name.
alter table scopes add column level text not null default 'zone';
