-- The roles, the database and the extension Alongside needs. Run once by a superuser, with psql 15
-- or newer; running it again changes nothing but the passwords given.
--
--   ALONGSIDE_OWNER_PASSWORD=… ALONGSIDE_APP_PASSWORD=… \
--       psql -v ON_ERROR_STOP=1 -v database=alongside -f roles.sql
--
-- Passwords come from the environment, so that no list of processes shows them. One that is not set
-- is left as it is (none on a new role, which then logs in only where pg_hba.conf asks for none, as
-- the tests' throw-away server does).
--
--   alongside_owner    logs in to run migrations; owns the database and every table in it
--   alongside_service  group, cannot log in; what migrations grant to: it owns nothing
--   alongside_app      what the service logs in as: member of alongside_service, under row security

SELECT 'CREATE ROLE alongside_owner'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'alongside_owner') \gexec
SELECT 'CREATE ROLE alongside_service'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'alongside_service') \gexec
SELECT 'CREATE ROLE alongside_app'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'alongside_app') \gexec

ALTER ROLE alongside_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE alongside_service NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE alongside_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

SELECT 'GRANT alongside_service TO alongside_app'
WHERE NOT pg_has_role('alongside_app', 'alongside_service', 'MEMBER') \gexec

\getenv owner_password ALONGSIDE_OWNER_PASSWORD
\getenv app_password ALONGSIDE_APP_PASSWORD
\if :{?owner_password}
ALTER ROLE alongside_owner PASSWORD :'owner_password';
\endif
\if :{?app_password}
ALTER ROLE alongside_app PASSWORD :'app_password';
\endif

SELECT format('CREATE DATABASE %I OWNER alongside_owner', :'database')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec

REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO alongside_service;

\connect :"database"
-- Exclusion constraints over an identifier and a period.
CREATE EXTENSION IF NOT EXISTS btree_gist;
