//! Service authorities, instances, jobs, migrations, buckets, settings.

use chancery_store::StoreError::{Conflict, Duplicate};
use chancery_store::{
    InstanceFilter, InstanceSort, MigrationSourceFilter, MigrationTaskFilter, Page, label,
};

use crate::bed::{Bed, on_both};
use crate::rows::*;

on_both!(
    service_authorities,
    instances,
    instance_pairs,
    instance_quota,
    jobs,
    migration_sources,
    migration_tasks,
    buckets,
    settings,
);

async fn service_authorities(bed: Bed) {
    let store = bed.open().await;
    let listener = service_authority("alpha", "s1", "listener");
    let mut dcs = service_authority("alpha", "s2", "dcs");
    dcs.project_id = "p1".into();
    commit(&store, |tx| {
        tx.insert_service_authority(&listener)
            .insert_service_authority(&dcs)
    })
    .await
    .unwrap();
    let get = async |domain, project, service| {
        store
            .service_authority(domain, project, service)
            .await
            .unwrap()
    };
    assert!(get("alpha", "", "listener").await == Some(listener.clone()));
    assert!(get("alpha", "p1", "dcs").await == Some(dcs.clone()));
    assert_eq!(get("alpha", "", "dcs").await, None);
    assert_eq!(get("beta", "p1", "dcs").await, None);
    assert!(store.service_authority_by_id("alpha", "s2").await.unwrap() == Some(dcs));
    assert_eq!(
        store.service_authority_by_id("beta", "s2").await.unwrap(),
        None
    );
    let again = service_authority("alpha", "s3", "listener");
    let again = commit(&store, |tx| tx.insert_service_authority(&again)).await;
    assert_eq!(again, Err(Duplicate(label::SERVICE_AUTHORITIES_SERVICE)));
    let again = service_authority("alpha", "s1", "sms");
    let again = commit(&store, |tx| tx.insert_service_authority(&again)).await;
    assert_eq!(again, Err(Duplicate(label::SERVICE_AUTHORITIES_ID)));
}

async fn instances(bed: Bed) {
    let store = bed.open().await;
    let mut row = instance("p1", "i1");
    let mut dds = instance("p1", "i2");
    dds.service = "dds".into();
    commit(&store, |tx| tx.insert_instance(&row).insert_instance(&dds))
        .await
        .unwrap();
    let get = async |project, service, id| store.instance(project, service, id).await.unwrap();
    assert!(get("p1", "dcs", "i1").await == Some(row.clone()));
    assert_eq!(get("p1", "dds", "i1").await, None);
    assert_eq!(get("p2", "dcs", "i1").await, None);
    assert!(store.instance_of_domain("alpha", "i2").await.unwrap() == Some(dds));
    assert_eq!(store.instance_of_domain("beta", "i2").await.unwrap(), None);
    let again = commit(&store, |tx| tx.insert_instance(&instance("p2", "i1"))).await;
    assert_eq!(again, Err(Duplicate(label::INSTANCES_ID)));

    let page = Page::newest_first(InstanceSort::CreatedAt, 10, 0);
    let exact = |name: &str| InstanceFilter {
        exact_name: Some(name.into()),
        ..Default::default()
    };
    let list = store
        .instances("d1", "p1", "dcs", &exact("i1 name"), &page)
        .await
        .unwrap();
    assert_eq!((list.rows.len(), list.total), (1, 1));
    let list = store
        .instances("d1", "p1", "dcs", &exact("i1"), &page)
        .await
        .unwrap();
    assert_eq!((list.rows.len(), list.total), (0, 0));
    let part = InstanceFilter {
        name: Some("I1 n".into()),
        ..Default::default()
    };
    assert_eq!(
        store
            .count_instances("d1", "p1", "dcs", &part)
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        store
            .count_instances("d1", "p2", "dcs", &part)
            .await
            .unwrap(),
        0
    );

    commit(&store, |tx| {
        tx.set_instance_ssl("p1", "i1", true, 60)
            .set_instance_status("p1", "i1", ("RUNNING", "RESTARTING"), 61)
            .rename_instance("p1", "i1", "new", 62)
            .set_instance_certificate("p1", "i1", &[8], &[9], 63)
    })
    .await
    .unwrap();
    row.ssl = true;
    row.status = "RESTARTING".into();
    row.name = "new".into();
    row.certificate = vec![8];
    row.sealed_key = vec![9];
    row.updated_at = 63;
    assert!(get("p1", "dcs", "i1").await == Some(row));
    let wrong = [
        commit(&store, |tx| tx.set_instance_ssl("p2", "i1", false, 1)).await,
        commit(&store, |tx| {
            tx.set_instance_status("p1", "i1", ("RUNNING", "X"), 1)
        })
        .await,
        commit(&store, |tx| tx.rename_instance("p2", "i1", "x", 1)).await,
        commit(&store, |tx| {
            tx.set_instance_certificate("p2", "i1", &[], &[], 1)
        })
        .await,
        commit(&store, |tx| tx.delete_instance("p2", "i1")).await,
    ];
    assert!(
        wrong
            .iter()
            .all(|result| *result == Err(Conflict(label::INSTANCE))),
        "{wrong:?}"
    );
    commit(&store, |tx| tx.delete_instance("p1", "i1"))
        .await
        .unwrap();
    assert_eq!(get("p1", "dcs", "i1").await, None);
}

async fn instance_pairs(bed: Bed) {
    let store = bed.open().await;
    let first = instance_pair("i1");
    let alone = commit(&store, |tx| tx.insert_instance_pair(&first)).await;
    assert_eq!(alone, Err(Conflict(label::REFERENCE)));
    commit(&store, |tx| {
        tx.insert_instance(&instance("p1", "i1"))
            .insert_instance_pair(&first)
    })
    .await
    .unwrap();
    let again = commit(&store, |tx| tx.insert_instance_pair(&first)).await;
    assert_eq!(again, Err(Duplicate(label::INSTANCE_PAIR)));

    let mut second = first.clone();
    second.sealed_key = vec![9];
    second.created_at = 71;
    let renew = async || commit(&store, |tx| tx.replace_instance_pair(&second, 70)).await;
    renew().await.unwrap();
    assert!(store.instance_pair("i1").await.unwrap() == Some(second.clone()));
    assert_eq!(renew().await, Err(Conflict(label::INSTANCE_PAIR)));

    commit(&store, |tx| tx.delete_instance("p1", "i1"))
        .await
        .unwrap();
    assert_eq!(store.instance_pair("i1").await.unwrap(), None);
}

async fn instance_quota(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    let add = async |project, id| {
        commit(&store, |tx| {
            tx.insert_instance_within(&instance(project, id), 1)
        })
        .await
    };
    assert_eq!(add("p1", "i1").await, Ok(()));
    assert_eq!(add("p1", "i2").await, Err(Conflict(label::QUOTA)));
    assert_eq!(add("p2", "i3").await, Ok(()));
    let mut dds = instance("p1", "i4");
    dds.service = "dds".into();
    commit(&store, |tx| tx.insert_instance_within(&dds, 1))
        .await
        .unwrap();
}

async fn jobs(bed: Bed) {
    let store = bed.open().await;
    let mut row = job("p1", "j1");
    commit(&store, |tx| {
        tx.insert_job(&row).insert_job(&job("p1", "j2"))
    })
    .await
    .unwrap();
    assert_eq!(store.job("p1", "j1").await.unwrap(), Some(row.clone()));
    assert_eq!(store.job("p2", "j1").await.unwrap(), None);
    let again = commit(&store, |tx| tx.insert_job(&row)).await;
    assert_eq!(again, Err(Duplicate(label::JOBS_ID)));
    let finish =
        async |project| commit(&store, |tx| tx.finish_job(project, "j1", "Completed", 70)).await;
    assert_eq!(finish("p2").await, Err(Conflict(label::JOB)));
    assert_eq!(finish("p1").await, Ok(()));
    assert_eq!(finish("p1").await, Err(Conflict(label::JOB)));
    row.status = "Completed".into();
    row.end_at = Some(70);
    assert!(store.jobs("p1", "instance").await.unwrap() == [job("p1", "j2"), row]);
    assert_eq!(store.jobs("p2", "instance").await.unwrap(), []);
}

async fn migration_sources(bed: Bed) {
    let store = bed.open().await;
    let mut row = source("alpha", "s1");
    commit(&store, |tx| tx.insert_migration_source(&row))
        .await
        .unwrap();
    assert_eq!(
        store.migration_source("alpha", "s1").await.unwrap(),
        Some(row.clone())
    );
    assert_eq!(store.migration_source("beta", "s1").await.unwrap(), None);
    let again = commit(&store, |tx| tx.insert_migration_source(&row)).await;
    assert_eq!(again, Err(Duplicate(label::MIGRATION_SOURCES_ID)));
    commit(&store, |tx| {
        tx.set_migration_source_state("alpha", "s1", "unavailable", "available")
            .set_migration_source_document("alpha", "s1", "new", "[]")
    })
    .await
    .unwrap();
    row.state = "available".into();
    row.name = "new".into();
    row.document = "[]".into();
    assert!(store.migration_source("alpha", "s1").await.unwrap() == Some(row));

    let filter = MigrationSourceFilter {
        id: Some("s1".into()),
        name: Some("NE".into()),
        state: Some("available".into()),
    };
    let list = store
        .migration_sources("alpha", &filter, 10, 0)
        .await
        .unwrap();
    assert_eq!((list.rows.len(), list.total), (1, 1));
    let list = store
        .migration_sources("beta", &filter, 10, 0)
        .await
        .unwrap();
    assert_eq!((list.rows.len(), list.total), (0, 0));
    let other = commit(&store, |tx| tx.delete_migration_source("beta", "s1")).await;
    assert_eq!(other, Err(Conflict(label::MIGRATION_SOURCE)));
    commit(&store, |tx| tx.delete_migration_source("alpha", "s1"))
        .await
        .unwrap();
    assert_eq!(store.migration_source("alpha", "s1").await.unwrap(), None);
}

async fn migration_tasks(bed: Bed) {
    let store = bed.open().await;
    let mut row = task("alpha", "s1", "t1");
    let orphan = commit(&store, |tx| tx.insert_migration_task(&row)).await;
    assert_eq!(orphan, Err(Conflict(label::REFERENCE)));
    commit(&store, |tx| {
        tx.insert_migration_source(&source("alpha", "s1"))
            .insert_migration_task(&row)
    })
    .await
    .unwrap();
    assert_eq!(
        store.migration_task("alpha", "t1").await.unwrap(),
        Some(row.clone())
    );
    assert_eq!(store.migration_task("beta", "t1").await.unwrap(), None);
    let again = commit(&store, |tx| tx.insert_migration_task(&row)).await;
    assert_eq!(again, Err(Duplicate(label::MIGRATION_TASKS_ID)));

    let give = async |domain, material: &[u8]| {
        commit(&store, |tx| {
            tx.set_migration_task_material(domain, "t1", material)
        })
        .await
    };
    assert_eq!(give("beta", &[1]).await, Err(Conflict(label::MATERIAL)));
    assert_eq!(give("alpha", &[1]).await, Ok(()));
    assert_eq!(give("alpha", &[2]).await, Err(Conflict(label::MATERIAL)));
    commit(&store, |tx| {
        tx.set_migration_task_state("alpha", "t1", "READY", "RUNNING")
            .set_migration_task_document("alpha", "t1", "new", "[]")
    })
    .await
    .unwrap();
    row.sealed_material = Some(vec![1]);
    row.state = "RUNNING".into();
    row.name = "new".into();
    row.document = "[]".into();
    assert!(store.migration_task("alpha", "t1").await.unwrap() == Some(row));

    let by_source = MigrationTaskFilter {
        source_id: Some("s1".into()),
        ..Default::default()
    };
    let list = store
        .migration_tasks("alpha", &by_source, 10, 0)
        .await
        .unwrap();
    assert_eq!((list.rows.len(), list.total), (1, 1));
    assert_eq!(
        store
            .migration_tasks("beta", &by_source, 10, 0)
            .await
            .unwrap()
            .total,
        0
    );
    let named = commit(&store, |tx| tx.delete_migration_source("alpha", "s1")).await;
    assert_eq!(named, Err(Conflict(label::REFERENCE)));
    commit(&store, |tx| {
        tx.delete_migration_task("alpha", "t1")
            .delete_migration_source("alpha", "s1")
    })
    .await
    .unwrap();
    assert_eq!(store.migration_task("alpha", "t1").await.unwrap(), None);
}

async fn buckets(bed: Bed) {
    let store = bed.open().await;
    let (open, mut closed) = (bucket("alpha", "b1"), bucket("alpha", "b2"));
    closed.public = false;
    commit(&store, |tx| tx.insert_bucket(&closed).insert_bucket(&open))
        .await
        .unwrap();
    assert_eq!(store.bucket("b1").await.unwrap(), Some(open.clone()));
    assert_eq!(
        store.buckets("alpha").await.unwrap(),
        [open.clone(), closed.clone()]
    );
    assert_eq!(store.buckets("beta").await.unwrap(), []);
    let taken = commit(&store, |tx| tx.insert_bucket(&bucket("beta", "b1"))).await;
    assert_eq!(taken, Err(Duplicate(label::BUCKETS_NAME)));
    commit(&store, |tx| {
        tx.insert_bucket_if_absent(&bucket("beta", "b1"))
            .insert_bucket_if_absent(&bucket("beta", "b3"))
    })
    .await
    .unwrap();
    assert_eq!(store.bucket("b1").await.unwrap(), Some(open));
    assert_eq!(
        store.bucket("b3").await.unwrap(),
        Some(bucket("beta", "b3"))
    );
    for (domain, name, expected) in [
        ("alpha", "b1", true),
        ("alpha", "b2", false),
        ("beta", "b1", false),
        ("beta", "none", false),
    ] {
        let found = commit(&store, |tx| tx.require_public_bucket(domain, name)).await;
        assert_eq!(found.is_ok(), expected, "{domain} {name}");
    }
    let other = commit(&store, |tx| tx.delete_bucket("beta", "b1")).await;
    assert_eq!(other, Err(Conflict(label::BUCKET)));
    commit(&store, |tx| tx.delete_bucket("alpha", "b1"))
        .await
        .unwrap();
    assert_eq!(store.buckets("alpha").await.unwrap(), [closed]);
}

async fn settings(bed: Bed) {
    let store = bed.open().await;
    let get = async || store.setting("name").await.unwrap();
    assert_eq!(get().await, None);
    commit(&store, |tx| tx.put_setting_if_absent("name", &[1]))
        .await
        .unwrap();
    commit(&store, |tx| tx.put_setting_if_absent("name", &[2]))
        .await
        .unwrap();
    assert_eq!(get().await, Some(vec![1]));
    let again = commit(&store, |tx| tx.insert_setting("name", &[3])).await;
    assert_eq!(again, Err(Duplicate(label::SETTINGS_NAME)));
    commit(&store, |tx| tx.insert_setting("other", &[]))
        .await
        .unwrap();
    commit(&store, |tx| {
        tx.put_setting("name", &[4]).put_setting("third", &[5])
    })
    .await
    .unwrap();
    assert_eq!(get().await, Some(vec![4]));
    assert_eq!(store.setting("other").await.unwrap(), Some(vec![]));
    assert_eq!(store.setting("third").await.unwrap(), Some(vec![5]));
}
