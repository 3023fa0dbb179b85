import {registry} from "@web/core/registry";

/** A supplier acknowledges a letter, answers a complaint, fetches its statement. */
registry.category("web_tour.tours").add("aftersales_supplier_portal", {
    steps: () => [
        {
            content: "The letters that wait, from the portal's home",
            trigger: ".o_portal_docs a[href*='/my/supplier/letters?filterby=open']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: "table a[href^='/my/supplier/letters/']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_supplier_acknowledge button",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It is acknowledged, an objection is still possible",
            trigger: ".alert-success ~ details summary:contains('Object')",
        },
        {
            trigger:
                ".o_portal_submenu a[href='/my/home'], .o_portal_submenu a[href='/my']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The complaint with its deadline",
            trigger: ".o_portal_docs a[href*='/my/supplier/complaints?filterby']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: "table a[href^='/my/supplier/complaints/']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_supplier_answer textarea",
            run: "edit We replace the disk on Friday",
        },
        {
            trigger: ".o_supplier_answer button",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".card:contains('We replace the disk on Friday')",
        },
        {
            trigger:
                ".o_portal_submenu a[href='/my/home'], .o_portal_submenu a[href='/my']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_portal_docs a[href='/my/supplier/deposits']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The statement and its workbook",
            trigger: "body:contains('Closing balance') .o_statement_xlsx",
            run: async ({anchor}) => {
                const response = await fetch(anchor.href);
                const type = response.headers.get("Content-Type");
                if (!response.ok || !type.includes("spreadsheetml")) {
                    throw new Error(`No workbook but ${response.status} ${type}`);
                }
                document.body.classList.add("o_statement_fetched");
            },
        },
        {
            trigger: "body.o_statement_fetched",
        },
    ],
});
