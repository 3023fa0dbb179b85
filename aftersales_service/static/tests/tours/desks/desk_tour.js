import {registry} from "@web/core/registry";

/** The operator takes a call without touching the mouse. */
registry.category("web_tour.tours").add("aftersales_desk_call", {
    steps: () => [
        {
            content: "The search box waits for the number",
            trigger: "#desk_search:focus",
            run: "edit 0571 8888 0001 && press Enter",
        },
        {
            content: "The customer is there; two machines, so the list has the focus",
            trigger: ".o_desk_customer:contains('Data Centre A')",
        },
        {
            trigger: ".o_desk_machines:focus",
            run: "press ArrowDown && press ArrowDown && press ArrowUp && press Enter",
        },
        {trigger: ".o_desk_machines .active:contains('7979Q7C-01')"},
        {
            content: "Symptom by a word of the caller",
            trigger: "#desk_symptom:focus",
            run: "edit amber",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains('Amber light')",
        },
        {
            trigger: "#desk_symptom",
            run: "press Enter",
        },
        {
            trigger: "#desk_description:focus",
            run: "edit Four disks show an amber light",
        },
        {
            trigger: ".o_desk_fault",
            run: "press alt+l",
        },
        {
            trigger: ".o_desk_level input:focus",
            run: "press 2",
        },
        {trigger: "#desk_level_2:checked:not(:visible), #desk_level_2:focus"},
        {
            trigger: ".o_desk_register:enabled",
            run: "press alt+s",
        },
        {trigger: ".o_desk_done:contains('SV/'):contains('Data Centre A')"},
        {
            content: "Ready for the next call; the same fault again",
            trigger: "#desk_search:focus",
            run: "edit 7979Q7C-01 && press Enter",
        },
        {
            trigger: "#desk_symptom:focus",
            run: "edit amber",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains('Amber light')",
        },
        {
            trigger: "#desk_symptom",
            run: "press Enter",
        },
        {
            trigger: "#desk_description:focus",
            run: "edit They ask when somebody comes",
        },
        {
            trigger: ".o_desk_register:enabled",
            run: "press alt+s",
        },
        {
            content: "The desk asks: continue is offered first",
            trigger: ".o_desk_duplicates button:focus:contains('Continue SV/')",
            run: "press Enter",
        },
        {trigger: ".o_desk_done:contains('continued')"},
        {
            content: "Nobody known: a new customer on the same screen",
            trigger: "#desk_search:focus",
            run: "edit 138 0000 7777 && press Enter",
        },
        {
            trigger: ".o_desk_new_customer:focus",
            run: "press alt+w",
        },
        {
            trigger: "#desk_new_name:focus",
            run: "edit Bank F",
        },
        {
            trigger: "#desk_description",
            run: "edit Server does not start",
        },
        {
            trigger: ".o_desk_answered:enabled",
            run: "press alt+p",
        },
        {trigger: ".o_desk_done:contains('Bank F')"},
    ],
});

/** The dispatcher registers, assigns and is ready for the next call. */
registry.category("web_tour.tours").add("aftersales_desk_assign", {
    steps: () => [
        {
            trigger: "#desk_search:focus",
            run: "edit 7979Q7C-01 && press Enter",
        },
        {
            trigger: "#desk_symptom:focus",
            run: "edit amber",
        },
        {trigger: ".o-autocomplete--dropdown-item:contains('Amber light')"},
        {
            trigger: "#desk_symptom",
            run: "press Enter",
        },
        {
            trigger: ".o_desk_assign:enabled",
            run: "press alt+a",
        },
        {
            trigger: ".o_desk_candidates .list-group:focus:contains('Li Qiang')",
            run: "press Enter",
        },
        {trigger: ".o_desk_done:contains('Li Qiang')"},
        {trigger: "#desk_search:focus"},
    ],
});
