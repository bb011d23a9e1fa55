#!/usr/bin/env bash
# Planted bugs: takes one predicate, guard or permission away at a time and looks whether the
# authorisation matrix notices. A plant that it misses is a defect of the suite.
#
#   tests/plants.sh              every plant
#   tests/plants.sh audit        the plants with "audit" in their name
#
# On SQLite alone: PostgreSQL's row policies are a second wall, and would hold off part of the plants.
# Works on a copy of the checkout in a temporary folder, and on the servers of `tests/run.sh --servers`,
# whose variables must be set. CARGO_TARGET_DIR, if set, is used for every build: let no other checkout use
# it afterwards, since cargo tells two checkouts apart by the dates of their files only. A campaign may
# source this file and call `run_plants`.

# name | file | Perl expression that plants the bug
plants() {
    cat <<'PLANTS'
unassigned list: an organisation sees all|api/src/organisation/graphql/mod.rs|s/Way::Nation\(Permission::SeeUnassigned\),/Way::Everyone,/
unassigned list: an organisation sees none|api/src/organisation/graphql/mod.rs|s/Way::Organisation\("t.organisation_id", Permission::SeeUnassigned\),//
proposals are public|api/src/import/graphql.rs|s/Way::Nation\(Permission::DecideProposals\)/Way::Everyone/
imports are public|api/src/import/graphql.rs|s/Way::Nation\(Permission::SeeImports\)/Way::Everyone/
grants are public|api/src/actor/graphql.rs|s/Way::Nation\(Permission::SeeGrants\),/Way::Everyone,/
grants: not the own|api/src/actor/graphql.rs|s/Way::Account\("t.account_id"\),//
grants: another column names the owner|api/src/actor/graphql.rs|s/Way::Organisation\("t.scope_id"/Way::Organisation("t.id"/
audit trail is public|api/src/audit/graphql.rs|s/Way::Nation\(Permission::SeeAudit\),/Way::Everyone,/
audit trail: by another permission|api/src/audit/graphql.rs|s/Way::Nation\(Permission::SeeAudit\)/Way::Nation(Permission::SeeImports)/
audit trail of an organisation: unguarded|api/src/organisation/graphql/mod.rs|s/\.only\(Permission::SeeAudit\)//
verifier: unguarded|api/src/organisation/graphql/mod.rs|s/\.only\(Permission::SeeVerification\)/.nullable()/
verifier: no column names the owner|api/src/organisation/graphql/mod.rs|s/\n        \.owned_by\("t.organisation_id"\)//
licences: applications are public|api/src/licence/graphql/mod.rs|s/Way::Where\(&Way::Everyone, REGISTERED\)/Way::Everyone/
licences: the own application is hidden|api/src/licence/graphql/mod.rs|s/Way::Organisation\("t.organisation_id", Permission::SeeLicences\),\n            Way::Where\(&Way::Everyone, REGISTERED\)/Way::Where(&Way::Everyone, REGISTERED)/
licences: the register is hidden|api/src/licence/graphql/mod.rs|s/            Way::Where\(&Way::Everyone, REGISTERED\),\n//
licences: what is asked for is public|api/src/licence/graphql/mod.rs|s/Way::Where\(&Way::Everyone, "t.stage = .GRANTED."\)/Way::Everyone/
licences: the holder sees proposals|api/src/licence/graphql/mod.rs|s/"t.state = .TAKEN."/"true"/
licences: conditions and appeals are public|api/src/licence/graphql/mod.rs|s/const HOLDER_AND_NATION: &\[Way\] = &\[\n    Way::Nation\(Permission::SeeLicences\),/const HOLDER_AND_NATION: &[Way] = &[\n    Way::Everyone,/
licences: unguarded readiness|api/src/licence/graphql/mod.rs|s/text\("t.readiness_instrument"\).only\(Permission::SeeLicences\)/text("t.readiness_instrument").nullable()/
credentials: everyone sees them|api/src/credential/graphql.rs|s/Way::Nation\(Permission::SeeCredentials\),/Way::Everyone,/
credentials: not the own|api/src/credential/graphql.rs|s/            Way::Person\("t.person_id"\),\n//
credentials: the own organisation does not see them|api/src/credential/graphql.rs|s/            Way::Organisation\("t.organisation_id", Permission::SeeCredentials\),\n//
credentials: officers revoke|api/src/actor/permission.rs|s/(DecideCredentials as \w+: \[)/$1LicensingOfficer, /
credentials: what is hidden is stepped on|api/src/credential/service.rs|s/found\.filter\([|]found[|] sees\(unit\.actor\(\), found\)\)/found/
readiness: assessments are public|api/src/readiness/graphql/mod.rs|s/Way::Assigned\("t.reviewer_id", Permission::ReviewReadiness\)/Way::Everyone/
readiness: reviewers see no answers|api/src/readiness/graphql/mod.rs|s/    Way::AssignedThrough\(\n[^)]*\),\n//
readiness: who was a reviewer sees on|api/src/read/visible.rs|s/\.filter\([|]_[|] actor\.holds\(permission\)\)/.filter(|_| !actor.grants().is_empty() || actor.holds(permission))/
readiness: drafts of instruments are public|api/src/readiness/graphql/mod.rs|s/Way::Where\(&Way::Everyone, "t.state <> 'DRAFT'"\)/Way::Everyone/
readiness: coordinators sign|api/src/actor/permission.rs|s/(SignReadiness as \w+: \[)/$1PartnerCoordinator, /
readiness: officers validate|api/src/actor/permission.rs|s/(ValidateReadiness as \w+: \[)/$1LicensingOfficer, /
licences: a coordinator signs|api/src/actor/permission.rs|s/(SignLicences as \w+: \[)/$1PartnerCoordinator, /
licences: officers suspend|api/src/actor/permission.rs|s/(OverseeQuality as \w+: \[)/$1LicensingOfficer, /
licences: who signs for one signs for all|api/src/licence/service.rs|s/unit\.actor\(\)\.acting_in\(organisation, permission\)/unit.actor().organisations_with(permission).first().and_then(|at| unit.actor().acting_in(*at, permission))/
courses: drafts are public|api/src/course/graphql/mod.rs|s/Way::Where\(&Way::Everyone, TAKES_PEOPLE\)/Way::Everyone/
courses: their own deliverer does not see them|api/src/course/graphql/mod.rs|s/    Way::Organisation\("t.organisation_id", Permission::SeeCourses\),\n    Way::Organisation\("t.host_id"/    Way::Organisation("t.host_id"/
courses: hosts do not see them|api/src/course/graphql/mod.rs|s/    Way::Organisation\("t.host_id", Permission::SeeCourses\),\n//
courses: where they meet is public|api/src/course/graphql/mod.rs|s/const CLOSE: &\[Way\] = &\[/const CLOSE: \&[Way] = \&[\n    Way::Everyone,/
courses: how many have a place is told to all|api/src/course/graphql/mod.rs|s/int\("t.places_taken"\).only\(Permission::SeeCourses\)/int("t.places_taken").nullable()/
courses: coordinators approve|api/src/actor/permission.rs|s/(ApproveCourses as \w+: \[)/$1PartnerCoordinator, /
courses: who plans for one plans for all|api/src/course/service/mod.rs|s/actor\.acting_in\(organisation, permission\);/actor.organisations_with(permission).first().and_then(|at| actor.acting_in(*at, permission));/
destinations: everyone sees them|api/src/career/graphql/mod.rs|s/Way::Nation\(Permission::SeeDestinations\),/Way::Everyone,/
destinations: the deliverer does not see them|api/src/career/graphql/mod.rs|s/            Way::Organisation\("t.organisation_id", Permission::SeeDestinations\),\n//
development: everyone sees it|api/src/career/graphql/mod.rs|s/Way::Person\("t.confirmer_id"\)/Way::Everyone/
supervisors: not the own|api/src/career/graphql/mod.rs|s/            Way::Person\("t.person_id"\),\n        \]\)\n        \.ordered_by\("createdAt"\)/        ])\n        .ordered_by("createdAt")/
concerns: the person concerned is told of them|api/src/concern/graphql.rs|s/Way::Where\(&Way::Person\("t.person_id"\), "t.raised_by = t.person_id"\)/Way::Person("t.person_id")/
concerns: restricted, not the own|api/src/concern/graphql.rs|s/            Way::Where\(&Way::Person\("t.person_id"\), "t.raised_by = t.person_id"\),\n//
evaluation: who answered is known to all|api/src/evaluation/graphql.rs|s/Way::PersonThrough\("enrolment e where e.id = t.enrolment_id", "e.person_id"\)/Way::Everyone/
evaluation: analysts read texts|api/src/actor/permission.rs|s/(OverseeEvaluations as \w+: \[)/$1Analyst, /
plan: a way for some rows opens all|api/src/read/visible.rs|s/opened\.conditions\.push\(condition\);/{ let _ = condition; let _ = \&mut opened; }/
permission: analysts decide proposals|api/src/actor/permission.rs|s/(DecideProposals as \w+: \[)/$1Analyst, /
permission: trainers see grants|api/src/actor/permission.rs|s/(SeeGrants as \w+: \[)/$1Trainer, /
permission: quality leads manage organisations|api/src/actor/permission.rs|s/(ManageOrganisations as \w+: \[)/$1QualityLead, /
programmes: drafts are public|api/src/programme/graphql/mod.rs|s/Way::Where\(&Way::Everyone,\s*"t\.state <> 'DRAFT'"\)/Way::Everyone/
programmes: parts of drafts are public|api/src/programme/graphql/mod.rs|s/Way::Where\(\s*&Way::Everyone,\s*"exists \(select 1 from programme_version v where v\.id[^"]*",?\s*\)/Way::Everyone/
programmes: those with drafts only are public|api/src/programme/graphql/mod.rs|s/Way::Where\(&Way::Everyone,\s*"exists \(select 1 from programme_version v where v\.programme_id[^"]*",?\s*\)/Way::Everyone/
programmes: an organisation sees no draft of its own|api/src/programme/graphql/mod.rs|s/Way::Organisation\("t\.owner_id", Permission::SeeProgrammeDrafts\),//
programmes: what is published is hidden|api/src/read/visible.rs|s/opened\.conditions\.push\(condition\);/{ let _ = condition; opened.conditions.push("false"); }/
permission: signatories draft programmes|api/src/actor/permission.rs|s/(DraftProgrammes as \w+: \[)/$1PartnerSignatory, /
permission: licensing officers publish programmes|api/src/actor/permission.rs|s/(PublishProgrammes as \w+: \[)/$1LicensingOfficer, /
plan: a way without rows opens all|api/src/read/visible.rs|s/Self::Any\(ways\)\n    \}/if ways.is_empty() { Self::All } else { Self::Any(ways) }\n    }/
plan: what one reads of own rows one reads of all|api/src/read/visible.rs|s/Ok\(Some\(Own \{ column, whose \}\)\)/{ let _ = column; Ok(None) }/
plan: a withheld field is read|api/src/read/visible.rs|s/_ => Err\(\(\)\),/_ => Ok(None),/
plan: a nation is anywhere|api/src/actor/mod.rs|s/g\.scope == GrantScope::Nation && permission/permission/
plan: an organisation is anywhere|api/src/actor/mod.rs|s/GrantScope::Organisation\(id\) if permission\.roles\(\)\.contains\(&grant\.role\) => Some\(id\)/GrantScope::Organisation(id) => Some(id)/
lists: withheld fields filter|api/src/read/arguments.rs|s/&& !matches!\(guard\(def, \*only, self\.actor\(\)\), Ok\(None\)\)/&& only.is_some_and(|_| false)/
lists: withheld fields order|api/src/read/arguments.rs|s/!matches!\(guard\(def, order\.leaf\.only, self\.actor\(\)\), Ok\(None\)\)/guard(def, order.leaf.only, self.actor()).is_err()/
cursors: good for every account|api/src/read/arguments.rs|s/let who = self\.actor\(\)\.account\(\);/let who: Option<uuid::Uuid> = None;/
run: counts include hidden rows|api/src/read/statement.rs|s/(count\(\*\) from [^;]*;\n\s*)self\.restricted\(&mut sql, false\);/$1sql.push(" where true");/
grants: disabled accounts go on|api/src/actor/grants.rs|s/"DISABLED" => return Standing::Ended,/"DISABLED" => {}/
grants: an ended grant counts|api/src/actor/grants.rs|s/g\.valid_to > "\)\.bind\(today\.into\(\)\)/g.valid_to >= ").bind(today.into())/
changes: a kept answer for everyone|api/src/command.rs|s/request\.permission\.filter\([|]needed[|] !unit\.actor\.holds\(\*needed\)\)/request.permission.filter(|_| false)/
gateway: any credential|api/src/graphql/gateway.rs|s/\(known > 0\)\.then_some/(known > 0 || true).then_some/
introspection shows everything|api/src/read/op.rs|s/self\.settings\.open_introspection\n/true\n/
people: everyone sees them|api/src/person/graphql/mod.rs|s/\[Way::Nation\(Permission::SeePeople\), kept!\("t.id"\)/[Way::Everyone, kept!("t.id")/
people: an organisation sees those of all|api/src/person/graphql/mod.rs|s/m where m\.person_id = ",\s*\$person,/m where m.person_id is not null and ", $person, " is not null",/
people: not oneself|api/src/person/graphql/mod.rs|s/, Way::Person\("t.id"\)\]/]/
former names: for whoever sees the person|api/src/person/graphql/mod.rs|s/(pub PersonName = .*\n\s*)Way::Nation\(Permission::ResolveDuplicates\)/$1Way::Everyone/
duplicates: for data protection too|api/src/actor/permission.rs|s/(ResolveDuplicates as \w+: \[)/$1DataProtectionOfficer, /
changes of ids: for the public|api/src/person/graphql/mod.rs|s/Way::SignedIn/Way::Everyone/
trainers: unlisted ones are public|api/src/trainer/graphql/mod.rs|s/Way::Where\(&Way::Everyone, "t.listed"\)/Way::Everyone/
trainers: an ended affiliation counts|api/src/trainer/graphql/mod.rs|s/a\.valid_to > \{today\} and a\.valid_to > a\.valid_from/a.valid_to is not null/
qualifications: suspended ones are public|api/src/trainer/graphql/mod.rs|s/and not exists \(select 1 from trainer_suspension/and true or exists (select 1 from trainer_suspension/
accreditations: everyone sees those of the listed|api/src/trainer/graphql/mod.rs|s/(pub TrainerAccreditation = .*visible_to\(&)CLOSE/$1SHOWN_OR_CLOSE/
evidence is public|api/src/trainer/graphql/mod.rs|s/(pub TrainerEvidence = .*visible_to\(&)CLOSE/$1[Way::Everyone]/
permission: lead trainers accredit|api/src/actor/permission.rs|s/(AccreditTrainers as \w+: \[)/$1LeadTrainer, /
permission: coordinators assess|api/src/actor/permission.rs|s/(AssessTrainers as \w+: \[)/$1PartnerCoordinator, /
employers: agreements are public|api/src/employer/graphql/mod.rs|s/(pub EmployerAgreement = .*\n\s*\.visible_to\(&\[\n\s*)Way::Nation\(Permission::SeeEmployers\)/$1Way::Everyone/
employers: hosts do not see agreements|api/src/employer/graphql/mod.rs|s/\n\s*Way::Organisation\("t.host_id", Permission::SeeEmployers\),//
employers: agreements that are over open contacts|api/src/employer/graphql/mod.rs|s/a\.state in \('ACCEPTED','ENDED'\) and a\.valid_from <= \{today\} \\\n\s*and \(a\.valid_to is null or a\.valid_to > \{today\}\)/a.state in ('ACCEPTED','ENDED')/
employers: proposals open contacts|api/src/employer/graphql/mod.rs|s/"a\.state in \('ACCEPTED','ENDED'\) and a\.valid_from/"a.valid_from/
contacts: partners see former ones|api/src/employer/graphql/mod.rs|s/const PRESENT: &str = "[^"]*"/const PRESENT: \&str = "true"/
contacts: analysts see names|api/src/actor/permission.rs|s/(SeeContacts as \w+: \[)/$1Analyst, /
contacts: partners see none|api/src/employer/graphql/mod.rs|s/    Way::Where\(&HOSTS, PRESENT\),\n//
supervision and toolkit: partners see none|api/src/employer/graphql/mod.rs|s/(SeeEmployers\),\n\s*)hosts,\n/$1/
support: everyone sees it|api/src/employer/graphql/support.rs|s/Way::Nation\(Permission::SeeEmployers\)/Way::Everyone/
employers: coordinators sign|api/src/actor/permission.rs|s/(SignAgreements as \w+: \[)/$1PartnerCoordinator, /
employers: who records for one records for all|api/src/employer/desk.rs|s/nationally\.or_else\(\|\| unit\.actor\(\)\.acting_in\(organisation, permission\)\)/nationally.or_else(|| unit.actor().organisations_with(permission).first().and_then(|at| unit.actor().acting_in(*at, permission)))/
courses: closed ones are public|api/src/course/graphql/mod.rs|s/const OF_COURSES: &\[Way\] = &\[\n    Way::Where\(&Way::Everyone, TAKES_PEOPLE\),/const OF_COURSES: &[Way] = &[\n    Way::Everyone,/
courses: a host sees none|api/src/course/graphql/mod.rs|s/    Way::Organisation\("t.host_id", Permission::SeeCourses\),\n//
courses: places are public|api/src/course/graphql/mod.rs|s/const CLOSE: &\[Way\] = &\[\n    Way::Nation\(Permission::SeeCourses\),/const CLOSE: &[Way] = &[\n    Way::Everyone,/
courses: trainers do not see where they teach|api/src/course/graphql/mod.rs|s/    PARTNER,\n    TEACHES,\n\];\n\nconst HOST/    PARTNER,\n];\n\nconst HOST/
courses: places taken unguarded|api/src/course/graphql/mod.rs|s/int\("t.places_taken"\)\.only\(Permission::SeeCourses\)/int("t.places_taken")/
courses: a partner sees the offers to others|api/src/course/graphql/mod.rs|s/(pub CoursePartner = .*\n\s*)Way::Nation\(Permission::SeeCourses\)/$1Way::Everyone/
courses: coordinators approve|api/src/actor/permission.rs|s/(ApproveCourses as \w+: \[)/$1QualityLead, /
successions: the list is public|api/src/succession/graphql.rs|s/Way::Nation\(Permission::SeeUnassigned\)/Way::Everyone/
successions: who took over does not see it|api/src/succession/graphql.rs|s/            Way::Organisation\("t.successor_id", Permission::SeeUnassigned\),\n//
uploads: everyone sees them|api/src/upload/graphql.rs|s/Way::Account\("t.account_id"\)/Way::Everyone/
uploads: an organisation sees those of its accounts|api/src/upload/graphql.rs|s/Way::Account\("t.account_id"\)/Way::Account("t.account_id"), Way::Organisation("t.organisation_id", crate::actor::Permission::UploadFiles)/
uploads: who announces for one announces for all|api/src/upload/service.rs|s/unit\.actor\(\)\.acting_in\(organisation, Permission::UploadFiles\)/unit.actor().organisations_with(Permission::UploadFiles).first().and_then(|at| unit.actor().acting_in(*at, Permission::UploadFiles))/
uploads: officers announce|api/src/actor/permission.rs|s/(UploadFiles as \w+: \[)/$1LicensingOfficer, /
vault: everyone sees what there is|api/src/vault/graphql.rs|s/Way::Nation\(Permission::AnswerRightsRequests\),\n            Way::Where\(&Way::Person\("t.person_id"\)/Way::Everyone,\n            Way::Where(&Way::Person("t.person_id")/
vault: concerns are listed to the person|api/src/vault/graphql.rs|s/Way::Where\(&Way::Person\("t.person_id"\), "t.category <> 'CONCERN'"\)/Way::Person("t.person_id")/
vault: a reader whose time is over sees it|api/src/vault/graphql.rs|s/s\.valid_from <= \{today\} \\\n\s*and \(s\.valid_to is null or s\.valid_to > \{today\}\)/s.valid_from <= {today}/
vault: an organisation sees support needs|api/src/vault/graphql.rs|s/"t\.category in \('MOTIVATION', 'REFERENCE', 'SELECTION_NOTE'\)"/"true"/
vault: readers are told who read|api/src/vault/graphql.rs|s/\.nullable\(\)\.only\(Permission::AnswerRightsRequests\),\n\}/.nullable(),\n}/
vault: licensing officers answer|api/src/actor/permission.rs|s/(AnswerRightsRequests as \w+: \[)/$1LicensingOfficer, /
vault: signatories select|api/src/actor/permission.rs|s/(OpenSelection as \w+: \[)/$1PartnerSignatory, /
vault: everyone shares|api/src/vault/service.rs|s/found\.filter\([|]record[|] Some\(record\.person_id\) == person\)/{ let _ = person; found }/
run: a link is not asked for|api/src/read/statement.rs|s/sql\.push\(" and "\)\.any_of\(column, &whose\.ids\(self\.actor\)\);/let _ = (column, whose);/
PLANTS
}

# Plants one bug in the copy; fails if its place is not found, so that a plant cannot wither.
plant() {
    local file=$1 expression=$2 before
    before=$(sha256sum "$file")
    perl -0pi -e "$expression" "$file"
    [ "$(sha256sum "$file")" != "$before" ]
}

# One line for a plant: found, missed, not planted, or not built.
try_plant() {
    local name=$1 file=$2 expression=$3 log=$4 verdict
    if ! plant "$file" "$expression"; then
        verdict='not planted'
    elif ! cargo build --quiet --package tests --tests >"$log" 2>&1; then
        verdict='not built'
    elif cargo test --package tests --test it -- matrix:: --skip postgres >"$log" 2>&1; then
        verdict=MISSED
    else
        verdict="found by $(grep -c '^test matrix::.* FAILED$' "$log") tests"
    fi
    printf '%-52s %s\n' "$name" "$verdict"
    [[ $verdict == found* ]]
}

# run_plants [WORD]: tries every plant with the word in its name; fails unless there are some and each is
# found.
run_plants() {
    local word=${1-} root copy name file expression found=0 missed=0
    root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
    copy=$(mktemp -d "${TMPDIR:-/tmp}/alongside-plants.XXXXXX")
    (cd "$root" && git ls-files -z | tar --null -T - -cf -) | tar -xf - -C "$copy"
    while IFS='|' read -r name file expression; do
        if [[ $name != *"$word"* ]]; then continue; fi
        cp "$copy/$file" "$copy/unplanted"
        if (cd "$copy" && try_plant "$name" "$file" "$expression" "$copy/plant.log") </dev/null; then
            found=$((found + 1))
        else
            missed=$((missed + 1))
        fi
        cp "$copy/unplanted" "$copy/$file"
    done < <(plants)
    rm -rf -- "$copy"
    printf '%s plants found, %s not\n' "$found" "$missed"
    [ "$missed" -eq 0 ] && [ "$found" -gt 0 ]
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    set -euo pipefail
    : "${ALONGSIDE_TEST_POSTGRES_APP:?start the servers: ./tests/run.sh --servers}"
    run_plants "$@"
fi
