//! Uniformity and barriers.

super::entries! {
    BARRIER_NOT_UNIFORM = "TW0501", "a workgroup barrier that not all threads may reach";
    SUBGROUP_NOT_UNIFORM = "TW0502", "a subgroup operation that not all lanes may reach";
    WARP_GROUP_NOT_UNIFORM = "TW0503", "a warp-group operation that not all its threads may reach";
    CLUSTER_NOT_UNIFORM = "TW0504", "a cluster barrier that not all threads of the cluster may reach";
    ELECT_NOT_UNIFORM = "TW0505", "`elect_one` where the subgroup has diverged";
    BARRIER_IN_ROLE = "TW0506", "a workgroup barrier inside a role";
    ROLES_NOT_UNIFORM = "TW0507", "`roles` that not all threads may reach";
    BARRIER_ID = "TW0508", "a named barrier whose number is not the same in the whole subgroup";
}
