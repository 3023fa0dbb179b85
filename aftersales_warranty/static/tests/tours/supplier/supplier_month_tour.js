import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const SUPPLIER = "Disk Maker A";

const current = (state) => ({
    trigger: `.o_form_view .o_statusbar_status .o_arrow_button_current:contains('${state}')`,
});

const press = (name) => ({
    trigger: `.o_form_view button[name='${name}']`,
    run: "click",
});

const back = {
    trigger: ".breadcrumb-item:last a, .o_back_button a, .o_back_button",
    run: "click",
};

const openRow = (text) => ({
    trigger: `.o_list_view .o_data_cell:contains('${text}')`,
    run: "click",
});

const closeDialog = {
    trigger: "body:not(:has(.modal))",
};

const recordAnswer = [
    press("action_open_answer"),
    {
        content: "The supplier accepts every line",
        trigger: ".modal .o_field_widget[name='line_ids'] .o_data_row",
    },
    {
        trigger: ".modal button[name='action_confirm']",
        run: "click",
    },
    closeDialog,
    current("Accepted"),
];

const choose = (field, text) => [
    {
        trigger: `.o_form_view .o_field_widget[name='${field}'] input`,
        run: "click",
    },
    {
        trigger: `.o_select_menu_item:contains('${text}')`,
        run: "click",
    },
];

/** Service proposes a deduction from the deposit, with its evidence. */
tours.add("aftersales_month_service", {
    steps: () => [
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_field_widget[name='deposit_id'] input",
            run: `edit ${SUPPLIER}`,
        },
        {
            trigger: `.o-autocomplete--dropdown-item:contains('${SUPPLIER}')`,
            run: "click",
        },
        ...choose("kind", "Penalty"),
        {
            trigger: ".o_form_view .o_field_widget[name='amount'] input",
            run: "edit 200",
        },
        {
            trigger: ".o_form_view .o_field_widget[name='evidence'] textarea",
            run: "edit Complaint not settled within 48 hours, serial SN-1",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            trigger: ".o_form_saved",
        },
        current("Proposed"),
        {
            content: "Who proposes neither approves nor posts",
            trigger:
                "body:not(:has(button[name='action_approve'], button[name='action_post']))",
        },
    ],
});

/** The accountant settles one claim by credit note, one from the deposit. */
tours.add("aftersales_month_claims", {
    steps: () => [
        {
            trigger: ".o_list_view .o_data_row:eq(0) .o_data_cell[name='partner_id']",
            run: "click",
        },
        ...recordAnswer,
        press("action_credit_note"),
        {
            content: "The draft opens; the accountant posts it",
            trigger: ".o_form_view button[name='action_post']",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_arrow_button_current:contains('Posted')",
        },
        back,
        current("Settled"),
        back,
        {
            content: "What is settled left the list of what has not ended",
            trigger: ".o_list_view:has(.o_data_row):not(:has(.o_data_row:eq(1)))",
        },
        openRow(SUPPLIER),
        ...recordAnswer,
        press("action_deduct"),
        {
            trigger:
                ".o_form_view .o_field_widget[name='kind'] input:value(Claim offset)",
        },
        current("Proposed"),
    ],
});

/** A manager approves what service and accounting have proposed. */
tours.add("aftersales_month_manager", {
    steps: () => [
        {
            trigger: ".o_list_view thead .o_list_record_selector input",
            run: "click",
        },
        {
            trigger: ".o_control_panel button[name='action_approve']",
            run: "click",
        },
        {
            content: "Nothing is left to approve",
            trigger:
                ".o_list_view:has(.o_data_cell[name='state']:contains('Approved')):not(:has(.o_data_cell[name='state']:contains('Proposed')))",
        },
    ],
});

const listOfEntries = {
    trigger: ".o_control_panel .o_last_breadcrumb_item:contains('Deposit entries')",
};

const postEntry = (kind) => [
    listOfEntries,
    openRow(kind),
    press("action_post"),
    current("Posted"),
    back,
];

/** The accountant posts, demands and books a top-up; the desk ties to the ledger. */
tours.add("aftersales_month_accountant", {
    steps: () => [
        {
            content: "The desk says what to do",
            trigger: `.o_data_row:contains('${SUPPLIER}') .o_data_cell[name='next_step']:contains('Post what is approved')`,
        },
        openRow(SUPPLIER),
        press("action_view_entries"),
        ...postEntry("Penalty"),
        ...postEntry("Claim offset"),
        listOfEntries,
        back,
        press("action_demand"),
        {
            content: "The demand stands on the agreement, with its day",
            trigger: ".o_form_view .o_field_widget[name='demand_due_on']:not(:empty)",
        },
        press("action_view_entries"),
        listOfEntries,
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
        ...choose("kind", "Top-up"),
        {
            content: "The amount is what is missing",
            trigger: ".o_form_view .o_field_widget[name='amount'] input:value(790.00)",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        press("action_post"),
        current("Posted"),
        back,
        listOfEntries,
        back,
        {
            content: "The required amount is reached, nothing is left to do",
            trigger: ".o_form_view:not(:has(.o_field_widget[name='demand_due_on']))",
        },
        back,
        {
            trigger: `.o_data_row:contains('${SUPPLIER}') .o_data_cell[name='shortfall']:contains('0.00')`,
        },
        {
            content: "The deposits tie to the general ledger",
            trigger: ".o_control_panel button:contains('Tie out')",
            run: "click",
        },
        ...["balance", "receivable", "fund"].map((name) => ({
            trigger: `.modal .o_field_widget[name='${name}_difference'].text-success:contains('0.00')`,
        })),
        {
            trigger:
                ".modal .o_field_widget[name='balance_ledger']:contains('1,000.00')",
        },
        {
            trigger: ".modal footer button:contains('Close')",
            run: "click",
        },
        closeDialog,
    ],
});
