-- The benchmark's database: fictional, the same for every target, of a size that :scale multiplies.
-- Run by a superuser, whom row security does not bind; every constraint holds.
-- Needs the table bench_accounts(id, subject, role, organisation), which the script that calls this fills.
\set ON_ERROR_STOP on
set synchronous_commit = off;

-- Identifiers that tell what they are of and sort as they were made: 1 organisations, 2 trainers, 3 courses,
-- 4 persons, 5 licences, 6 to 15 what hangs on them.
create function pg_temp.made(kind int, n bigint) returns uuid language sql immutable as
  $$ select ('0192f0c1-' || lpad(to_hex(kind), 4, '0') || '-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;

begin;

insert into organisation (id, name, short_name, kind, status, reference_only, delivers, employs, postcode,
  opened_on, created_at, updated_at, version)
select pg_temp.made(1, n), 'Organisation ' || lpad(n::text, 5, '0') || ' (fictional)', 'Org ' || n,
  (array['NHS_TRUST','NHS_FOUNDATION_TRUST','VCSE','CIC','RECOVERY_COLLEGE'])[1 + n % 5], 'ACTIVE', false, true,
  n % 2 = 0, 'NN' || n % 20 + 1 || ' 1AA', '2010-04-01', '2026-01-05 09:00Z', '2026-01-05 09:00Z', 1
from generate_series(1, 300 * :scale) n;

insert into organisation_name (id, organisation_id, name, valid_from)
select pg_temp.made(6, row_number() over (order by id)), id, name, '2020-01-01' from organisation;

insert into organisation_identifier (id, organisation_id, scheme, value, valid_from)
select pg_temp.made(7, n), pg_temp.made(1, n), 'ODS', 'Z' || lpad(n::text, 5, '0'), '2020-01-01'
from generate_series(1, 300 * :scale) n;

insert into region_membership (id, organisation_id, region_id, valid_from)
select pg_temp.made(8, n), pg_temp.made(1, n), (array(select id from region order by id))[1 + n % 7], '2020-01-01'
from generate_series(1, 300 * :scale) n;

insert into person (id, preferred_name, certificate_name, created_at, updated_at, version)
select pg_temp.made(4, n), 'Trainer ' || lpad(n::text, 6, '0'), 'Trainer ' || n, '2026-01-05 09:00Z',
  '2026-01-05 09:00Z', 1
from generate_series(1, 3000 * :scale) n;

insert into trainer (id, person_id, name, listed, lived_experience, created_at, updated_at, version)
select pg_temp.made(2, n), pg_temp.made(4, n), 'Trainer ' || lpad(n::text, 6, '0'), n % 10 <> 0, n % 3 = 0,
  '2026-01-05 09:00Z', '2026-01-05 09:00Z', 1
from generate_series(1, 3000 * :scale) n;

insert into trainer_affiliation (id, trainer_id, organisation_id, valid_from)
select pg_temp.made(9, n), pg_temp.made(2, n), pg_temp.made(1, 1 + n % (300 * :scale)), '2026-01-05'
from generate_series(1, 3000 * :scale) n;

insert into licence (id, organisation_id, number, tier, approves_own_courses, state, bridging, submitted_on,
  decided_on, valid_from, valid_to, expiring_from, grace_to, created_at, updated_at, version)
select pg_temp.made(5, n), pg_temp.made(1, n), 'BENCH-' || lpad(n::text, 5, '0'), 'FULL_DELIVERY', false, 'GRANTED',
  false, '2026-01-02', '2026-01-05', '2026-01-05', '2031-01-05', '2030-07-05', '2031-04-05', '2026-01-05 09:00Z',
  '2026-01-05 09:00Z', 1
from generate_series(1, 300 * :scale) n;

insert into licence_history (id, organisation_id, licence_id, state, valid_from)
select pg_temp.made(10, n), pg_temp.made(1, n), pg_temp.made(5, n), 'GRANTED', '2026-01-05'
from generate_series(1, 300 * :scale) n;

insert into licence_programme (id, organisation_id, licence_id, programme_type, stage, valid_from, valid_to, granted_to)
select pg_temp.made(11, n), pg_temp.made(1, n), pg_temp.made(5, n), 'PEER_SUPPORT_WORKER', 'GRANTED', '2026-01-05',
  '2031-01-05', '2031-01-05'
from generate_series(1, 300 * :scale) n;

-- Forty courses each. One in five is seen by role only: approved, or running.
insert into course (id, organisation_id, coded_by_id, programme_version_id, programme_type, licence_id,
  licence_holder_id, lead_trainer_id, code, mode, introductory, postcode_area, start_on, end_on, capacity_min,
  capacity_max, places_taken, places_reserved, state, opened_at, created_at, updated_at, version)
select pg_temp.made(3, n), pg_temp.made(1, 1 + n % (300 * :scale)), pg_temp.made(1, 1 + n % (300 * :scale)),
  (select id from programme_version order by number, id limit 1), 'PEER_SUPPORT_WORKER',
  pg_temp.made(5, 1 + n % (300 * :scale)), pg_temp.made(1, 1 + n % (300 * :scale)),
  pg_temp.made(2, 1 + n % (3000 * :scale)), 'BENCH-' || lpad(n::text, 6, '0'),
  mode, false, 'NN', day, day + 42, 6, 12 + n % 9, n % 6, n % 6, state,
  case when state <> 'APPROVED' then timestamptz '2026-06-01 09:00Z' end, '2026-03-02 09:00Z', '2026-03-02 09:00Z', 1
from generate_series(1, 12000 * :scale) n,
  lateral (select hashint4(n::int) & 2147483647) as hash(of),
  lateral (select date '2026-09-01' + hash.of % 600, (array['ONLINE','IN_PERSON','HYBRID'])[1 + hash.of / 600 % 3],
    case hash.of / 1800 % 10 when 0 then 'APPROVED' when 1 then 'RUNNING' when 2 then 'CONFIRMED' else 'OPEN' end)
    as made(day, mode, state);

insert into course_deliverer (id, course_id, organisation_id, valid_from, start_on)
select pg_temp.made(12, row_number() over (order by id)), id, organisation_id, '2026-03-02', start_on from course;

-- Two trainers each, in the order of their names.
insert into course_trainer (id, organisation_id, course_id, trainer_id, person_id)
select pg_temp.made(13, row_number() over (order by n, trainer)), pg_temp.made(1, 1 + n % (300 * :scale)),
  pg_temp.made(3, n), pg_temp.made(2, trainer), pg_temp.made(4, trainer)
from generate_series(1, 12000 * :scale) n,
  lateral (values (1 + n % (3000 * :scale)), (1 + (n + 1500) % (3000 * :scale))) as taught(trainer);

insert into account (id, issuer, subject, kind, label, enabled, created_at, version)
select id, 'https://bench.alongside.invalid/', subject, 'PERSON', subject, true, '2026-01-05 09:00Z', 1
from bench_accounts;

insert into role_grant (id, account_id, role, scope_type, scope_id, valid_from, created_at, version)
select pg_temp.made(14, row_number() over (order by subject)), id, role,
  case when organisation is null then 'NATION' else 'ORGANISATION' end,
  case when organisation is not null then pg_temp.made(1, organisation) end, '2026-01-05', '2026-01-05 09:00Z', 1
from bench_accounts;

drop table bench_accounts;
commit;

vacuum analyze;
