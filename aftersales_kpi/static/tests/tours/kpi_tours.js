import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** A dashboard is drawn on canvases: its charts and cards must be there, no error. */
function openDashboard(name) {
    return [
        {
            content: "the dashboard is chosen",
            trigger: `.o_spreadsheet_dashboard_search_panel .active:contains(${name})`,
        },
        {
            content: "its charts are drawn",
            trigger: ".o_spreadsheet_dashboard_action .o-figure canvas",
        },
        {
            content: "there are many of them, and no sample",
            trigger: ".o_spreadsheet_dashboard_action .o-spreadsheet",
            run() {
                const figures = document.querySelectorAll(".o-figure");
                if (figures.length < 10) {
                    throw new Error(`only ${figures.length} charts and cards`);
                }
                if (document.querySelector(".o-sample-dashboard")) {
                    throw new Error("the dashboard shows a sample");
                }
            },
        },
    ];
}

tours.add("aftersales_dashboard_manager", {
    steps: () => openDashboard("Service manager"),
});
tours.add("aftersales_dashboard_quality", {
    steps: () => openDashboard("Quality"),
});
tours.add("aftersales_dashboard_accountant", {
    steps: () => openDashboard("Accounting"),
});

tours.add("aftersales_score_check", {
    steps: () => [
        {
            content: "the month's sheet of the technician",
            trigger: ".o_form_view button[name=action_close]:contains(Check)",
            run: "click",
        },
        {
            content: "checked by the supervisor; the manager closes it",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Checked)",
        },
    ],
});

tours.add("aftersales_score_close", {
    steps: () => [
        {
            content: "the manager closes the sheet",
            trigger: ".o_form_view button[name=action_close]:contains(Close)",
            run: "click",
        },
        {
            content: "and means it",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "frozen",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Closed)",
        },
    ],
});

tours.add("aftersales_score_own", {
    steps: () => [
        {
            content: "from My day to the own score",
            trigger: ".o_md_score",
            run: "click",
        },
        {
            content: "the own sheet, nobody else's",
            trigger: ".o_kanban_record:not(.o_kanban_ghost)",
            run: "click",
        },
        {
            content: "with its lines",
            trigger: ".o_form_view .o_field_widget[name=total]",
        },
    ],
});
