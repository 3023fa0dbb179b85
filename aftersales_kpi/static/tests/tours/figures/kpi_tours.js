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

/** The dashboard's spreadsheet, found through the search bar that filters it. */
function findModel() {
    const left = [odoo.__WOWL_DEBUG__.root.__owl__];
    while (left.length) {
        const node = left.pop();
        if (node.component.constructor.name === "DashboardSearchBar") {
            return node.component.props.model;
        }
        left.push(...Object.values(node.children));
    }
    throw new Error("no filters above the dashboard");
}

/** The number on the card "Orders done", once it is there and accepted. */
async function readOrders(accept) {
    for (let turn = 0; turn < 200; turn++) {
        const {getters} = findModel();
        const sheetId = getters
            .getSheetIds()
            .find((id) => getters.getSheetName(id) === "Data");
        const {value} = getters.getEvaluatedCell({sheetId, col: 1, row: 0});
        if (typeof value === "number" && accept(value)) {
            return value;
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("the number of orders does not follow the filter");
}

/** Orders done in a period, counted without figures and without spreadsheet. */
async function countOrders(from, to, ...more) {
    const {orm} = odoo.__WOWL_DEBUG__.root.env.services;
    const domain = [
        ["state", "in", ["done", "closed"]],
        ["done_at", ">=", from],
        ["done_at", "<", to],
    ];
    return orm.searchCount("aftersales.order", [...domain, ...more]);
}

/** First instant of a month in Shanghai, as the server stores it. */
function getInstant(year, month) {
    const instant = new Date(Date.UTC(year, month, 1, -8));
    return instant.toISOString().slice(0, 19).replace("T", " ");
}

/** The service point with most of the orders, as it is called. */
async function findTeam(from, to) {
    const {orm} = odoo.__WOWL_DEBUG__.root.env.services;
    const domain = [
        ["done_at", ">=", from],
        ["done_at", "<", to],
    ];
    const groups = await orm.formattedReadGroup(
        "aftersales.order",
        domain,
        ["team_id"],
        ["__count"],
        {order: "__count desc"},
    );
    return groups[0].team_id;
}

let year = 0;
let before = 0;
let expected = 0;
let team = [];

tours.add("aftersales_dashboard_filters", {
    steps: () => [
        ...openDashboard("Service manager"),
        {
            content: "orders of twelve months; then the periods",
            trigger: ".o-btn-date-filter",
            async run({click}) {
                year = await readOrders((value) => value > 0);
                await click();
            },
        },
        {
            content: "the month before this one",
            trigger: ".o-date-filter-dropdown[data-id=month] .btn-previous",
            run: "click",
        },
        {
            content: "the number is that of the month",
            trigger: ".o_sp_date_filter_button",
            async run() {
                const {getters} = findModel();
                const [filter] = getters.getGlobalFilters();
                const period = getters.getGlobalFilterValue(filter.id);
                const [from, to] = [period.month - 1, period.month];
                const month = [
                    getInstant(period.year, from),
                    getInstant(period.year, to),
                ];
                expected = await countOrders(...month);
                before = await readOrders((value) => value === expected);
                if (!(before > 0 && before < year)) {
                    throw new Error(`${before} orders in a month, ${year} in a year`);
                }
                team = await findTeam(...month);
                expected = await countOrders(...month, ["team_id", "=", team[0]]);
                if (!(expected < before)) {
                    throw new Error("the service point has all orders");
                }
            },
        },
        {
            content: "a service point is looked for",
            trigger: ".o_sp_dashboard_search .o_searchview_input",
            async run({edit}) {
                await edit(team[1]);
            },
        },
        {
            content: "and chosen",
            trigger:
                ".o_searchview_autocomplete .o-dropdown-item:contains(Service point)",
            run: "click",
        },
        {
            content: "the number is that of its month",
            trigger: ".o_searchview_facet:contains(Service point)",
            async run() {
                await readOrders((value) => value === expected);
            },
        },
        {
            content: "a card opens what stands behind",
            trigger: ".o_spreadsheet_dashboard_action .o-scorecard:eq(0)",
            run: "click",
        },
        {
            content: "the orders",
            trigger: ".o_list_view .o_data_row",
        },
    ],
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
