//! Which competences a curriculum covers, at which depth, and which not.

use serde_json::{Value, json};
use tests::curricula::{FRAMEWORK, Standing, aligned, curriculum};
use tests::{World, on_both_databases};

use super::{amendment, change, lead, messages};
use crate::answers::list;

const REPORT: &str = "query($id: ID!) { programmeVersion(by: { id: $id }) { version
    alignedTo { code version }
    covered: competenceMappings(first: 50) { nodes { depth module { number } competence { code system } } }
    assessed: competenceMappings(where: { depth: { eq: ASSESSED } }) { totalCount }
    uncoveredCompetences(first: 50) { totalCount nodes { code } }
    unassessedCompetences(first: 50) { nodes { code } }
    declaredGaps(first: 50) { totalCount nodes { competence { code } reason } } } }";

async fn report(world: &World, id: &str) -> Value {
    world.data(Some(&lead(world)), REPORT, json!({ "id": id })).await["programmeVersion"].take()
}

fn codes(page: &Value) -> Vec<&str> {
    list(&page["nodes"]).iter().filter_map(|node| node["code"].as_str()).collect()
}

/// The id of a competence.
async fn item(world: &World, system: &str, code: &str) -> String {
    let document = "query($system: CompetenceSystem!, $code: String!) {
        competenceItems(where: { system: { eq: $system }, code: { eq: $code } }) { nodes { id set { version system } } } }";
    let data = world.data(None, document, json!({ "system": system, "code": code })).await;
    let found = list(&data["competenceItems"]["nodes"]);
    assert_eq!((found.len(), &found[0]["set"]["system"]), (1, &json!(system)));
    found[0]["id"].as_str().expect("an id").to_owned()
}

on_both_databases! {
    async fn the_report_of_gaps_follows_the_map(world: World) {
        let draft = curriculum(&world, None, Standing::Draft).await;
        let token = lead(&world);
        let sets = world.data(None, "{ competenceSets(first: 5) { nodes { id code version system items(first: 100) { totalCount nodes { isCore } } } } }", json!({})).await;
        let framework = list(&sets["competenceSets"]["nodes"]).iter().find(|set| set["system"] == "FRAMEWORK").expect("the framework");
        assert_eq!(format!("{}@{}", framework["code"].as_str().expect("text"), framework["version"].as_str().expect("text")), FRAMEWORK);
        let core = list(&framework["items"]["nodes"]).iter().filter(|item| item["isCore"] == true).count();
        assert_eq!(core, 20, "17 groups and three whole domains");
        assert_eq!(report(&world, &draft.id()).await["uncoveredCompetences"]["totalCount"], 0, "it claims nothing yet");
        let mut claim = amendment(&draft, 4);
        claim["alignedToId"] = framework["id"].clone();
        change(&world, &token, "programmeVersionAmend", claim.clone()).await.done("programmeVersion");
        let before = report(&world, &draft.id()).await;
        assert_eq!(before["uncoveredCompetences"]["totalCount"], 19);
        assert!(!codes(&before["uncoveredCompetences"]).contains(&"1.1"));
        assert_eq!(codes(&before["unassessedCompetences"]), ["1.1"], "it is introduced and never assessed");
        // A unit of the curriculum covers what it teaches, under another number.
        let unit = item(&world, "CURRICULUM", "2.3").await;
        let own = item(&world, "FRAMEWORK", "1.1").await;
        let map = json!({ "moduleId": draft.module_id(1), "expectedVersion": 5, "competences": [
            { "competenceId": unit, "depth": "ASSESSED" }, { "competenceId": own, "depth": "PRACTISED" } ] });
        change(&world, &token, "competenceMap", map).await.done("programmeVersion");
        let after = report(&world, &draft.id()).await;
        assert_eq!(after["uncoveredCompetences"]["totalCount"], 18);
        assert!(!codes(&after["uncoveredCompetences"]).contains(&"3.3"));
        assert_eq!(codes(&after["unassessedCompetences"]), ["1.1"]);
        assert_eq!((list(&after["covered"]["nodes"]).len(), &after["assessed"]["totalCount"]), (3, &json!(1)));
        let refused = change(&world, &token, "programmeVersionPublish", json!({ "id": draft.id(), "expectedVersion": 6 })).await;
        assert_eq!(messages(&refused, "COMPETENCE_GAP").len(), 18, "{}", refused.body());
        assert_eq!(refused.codes(), vec!["COMPETENCE_GAP"; 18]);
        // Listed with a reason, they are no obstacle; listed and mapped, they are.
        let mut gaps = Vec::new();
        for code in codes(&after["uncoveredCompetences"]) {
            gaps.push(json!({ "competenceId": item(&world, "FRAMEWORK", code).await, "reason": "Taught elsewhere." }));
        }
        claim["expectedVersion"] = 6.into();
        claim["declaredGaps"] = gaps.iter().cloned().chain([json!({ "competenceId": own, "reason": "Wrong." })]).collect();
        change(&world, &token, "programmeVersionAmend", claim.clone()).await.done("programmeVersion");
        let refused = change(&world, &token, "programmeVersionPublish", json!({ "id": draft.id(), "expectedVersion": 7 })).await;
        assert_eq!(messages(&refused, "COMPETENCE_GAP"), ["competence 1.1: is mapped to a module and listed as a gap"]);
        claim["expectedVersion"] = 7.into();
        claim["declaredGaps"] = gaps.into();
        change(&world, &token, "programmeVersionAmend", claim).await.done("programmeVersion");
        change(&world, &token, "programmeVersionPublish", json!({ "id": draft.id(), "expectedVersion": 8 })).await.done("programmeVersion");
    }

    async fn the_report_of_a_published_version_is_public_and_that_of_a_draft_is_not(world: World) {
        let published = aligned(&world, Some(world.a.id), Standing::Published).await;
        let draft = aligned(&world, Some(world.a.id), Standing::Draft).await;
        for token in [None, Some(world.coordinator(&world.b))] {
            let seen = world.data(token.as_deref(), REPORT, json!({ "id": published.id() })).await;
            assert_eq!(seen["programmeVersion"]["uncoveredCompetences"]["totalCount"], 19);
            assert_eq!(seen["programmeVersion"]["declaredGaps"]["totalCount"], 19);
            let hidden = world.data(token.as_deref(), REPORT, json!({ "id": draft.id() })).await;
            assert_eq!(hidden["programmeVersion"], Value::Null);
        }
    }
}
