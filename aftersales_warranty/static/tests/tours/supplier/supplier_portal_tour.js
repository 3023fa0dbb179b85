import {registry} from "@web/core/registry";

const go = (trigger) => ({trigger, run: "click", expectUnloadPage: true});

const home = go(
    ".o_portal_submenu a[href='/my/home'], .o_portal_submenu a[href='/my']",
);

const acknowledge = [
    {
        content: "The letters that wait, from the portal's home",
        ...go(".o_portal_docs a[href*='/my/supplier/letters?filterby=open']"),
    },
    go("table a[href^='/my/supplier/letters/']"),
    go(".o_supplier_acknowledge button"),
    {
        content: "It is acknowledged, an objection is still possible",
        trigger: ".alert-success ~ details summary:contains('Object')",
    },
    home,
];

const object = [
    {
        content: "The other letter still waits; the supplier does not agree",
        ...go(".o_portal_docs a[href*='/my/supplier/letters?filterby=open']"),
    },
    {
        trigger: ".o_portal_my_doc_table:not(:has(tbody tr:eq(1)))",
    },
    go("table a[href^='/my/supplier/letters/']"),
    {
        trigger: "details summary:contains('Object')",
        run: "click",
    },
    {
        trigger: "details[open] textarea[name='objection']",
        run: "edit The disks were dropped on site",
    },
    go("details[open] button[type='submit']"),
    {
        trigger: ".card:contains('The disks were dropped on site')",
    },
    home,
];

const answerComplaint = [
    {
        content: "The complaint with its deadline",
        ...go(".o_portal_docs a[href*='/my/supplier/complaints?filterby']"),
    },
    go("table a[href^='/my/supplier/complaints/']"),
    {
        trigger: ".o_supplier_answer textarea",
        run: "edit We replace the disk on Friday",
    },
    go(".o_supplier_answer button"),
    {
        trigger: ".card:contains('We replace the disk on Friday')",
    },
    home,
];

const answerClaim = [
    {
        content: "The claim, answered line by line",
        ...go(".o_portal_docs a[href*='/my/supplier/claims?filterby=unanswered']"),
    },
    go("table a[href^='/my/supplier/claims/']"),
    {
        trigger: ".o_claim_line:contains('Freight') input[name^='accept_']",
        run: "edit 0",
    },
    {
        trigger: ".o_claim_line:contains('Freight') input[name^='reason_']",
        run: "edit The freight was not agreed",
    },
    {
        trigger: "#claim_reference",
        run: "edit RMA-7",
    },
    go("form[action$='/answer'] button[type='submit']"),
    {
        content: "Answered once: read-only, and what is accepted",
        trigger:
            ".o_claim_line:contains('Freight'):contains('The freight was not agreed')",
    },
    {
        trigger: "body:not(:has(input[name^='accept_'])):contains('Partly accepted')",
    },
    home,
];

/** The file behind a link is there and of its kind. */
const fetchFile = (kind, type) => [
    {
        trigger: `.o_statement_${kind}[href*='date_from=2026-01-01']`,
        run: async ({anchor}) => {
            const response = await fetch(anchor.href);
            const found = response.headers.get("Content-Type");
            if (!response.ok || !found.includes(type)) {
                throw new Error(`No ${kind} but ${response.status} ${found}`);
            }
            document.body.classList.add(`o_fetched_${kind}`);
        },
    },
    {
        trigger: `body.o_fetched_${kind}`,
    },
];

const statement = [
    go(".o_portal_docs a[href='/my/supplier/deposits']"),
    {
        content: "The statement of a period",
        trigger: "body:contains('Closing balance') input[name='date_from']",
        run: "edit 2026-01-01",
    },
    {
        trigger: "input[name='date_to']",
        run: "edit 2026-01-31",
    },
    go("form:has(input[name='date_from']) button[type='submit']"),
    {
        trigger: "tr:contains('Closing balance'):contains('1,000.00')",
    },
    ...fetchFile("pdf", "application/pdf"),
    ...fetchFile("xlsx", "spreadsheetml"),
];

/** The month of a supplier: letters, complaint, claim, statement (WA-29). */
registry.category("web_tour.tours").add("aftersales_supplier_portal", {
    steps: () => [
        ...acknowledge,
        ...object,
        ...answerComplaint,
        ...answerClaim,
        ...statement,
    ],
});
