import {registry} from "@web/core/registry";
import {goOffline, goOnline} from "@aftersales_service/../tests/tours/base/offline";

const active = (name) => `.o_fd_question.o_fd_active[data-name=${name}]:focus`;

function press(name, keys) {
    return {trigger: active(name), run: `press ${keys}`};
}

/** Sixty calls a day: five of them here, without a mouse. */
registry.category("web_tour.tours").add("aftersales_followup_caller", {
    steps: () => [
        {
            content: "The first call is on the screen, the first question waits",
            trigger: ".o_fd_who:contains('Bank 01'):contains('+86 571 8000 0001')",
        },
        {trigger: ".o_fd_count:contains('0 of 5')"},
        press("attitude", "4"),
        {
            content: "A slip is taken back",
            trigger: active("skill"),
            run: "press 1",
        },
        press("punctuality", "Backspace"),
        press("skill", "3"),
        press("punctuality", "4"),
        press("promises", "4"),
        press("overall", "a"),
        {trigger: ".o_fd_marks .btn-primary:contains('Very satisfied')"},
        press("overall", "p"),
        {trigger: "#fd_praise:focus", run: "edit Very kind"},
        {trigger: "#fd_praise", run: "press Escape"},
        press("overall", "Enter"),
        {trigger: ".o_fd_held:contains('Bank 01')"},
        {
            content: "Next call at once; not reached is one key",
            trigger: ".o_fd_who:contains('Bank 02')",
        },
        press("attitude", "0"),
        {trigger: ".o_fd_who:contains('Bank 03')"},
        {
            content: "Pressed by mistake: back, and again",
            trigger: active("attitude"),
            run: "press u",
        },
        {trigger: ".o_fd_who:contains('Bank 02')"},
        {
            content: "On another day: a try later today would come back on this list",
            trigger: active("attitude"),
            run: "press t",
        },
        {trigger: "#fd_next_try:focus", run: "selectByIndex 1"},
        press("attitude", "0"),
        {trigger: ".o_fd_who:contains('Bank 03')"},
        press("attitude", "2"),
        {
            content: "Saving too early says what is open",
            trigger: active("skill"),
            run: "press Enter",
        },
        {trigger: ".o_fd_error:contains('Overall opinion')"},
        press("skill", "2"),
        press("punctuality", "1"),
        press("promises", "1"),
        press("overall", "d"),
        {trigger: "#fd_complaint_text:focus", run: "edit Came two hours late"},
        {trigger: "#fd_complaint_text", run: "press ctrl+Enter"},
        {trigger: ".o_fd_who:contains('Bank 04')"},
        press("attitude", "r"),
        {trigger: ".o_fd_refuse_confirm:focus", run: "press Enter"},
        {trigger: ".o_fd_who:contains('Bank 05')"},
        press("attitude", "3"),
        press("skill", "3"),
        press("punctuality", "3"),
        press("promises", "3"),
        press("overall", "b"),
        press("overall", "q"),
        {trigger: "#fd_question:focus", run: "edit May we move it"},
        {trigger: "#fd_question", run: "press ctrl+Enter"},
        {trigger: ".o_fd_empty"},
        {trigger: ".o_fd_count:contains('5 of 5')"},
        {
            content: "All of it has reached the server",
            trigger: ".o_followup_desk[data-unsent='0']",
            timeout: 20000,
        },
    ],
});

/** The network fails in the middle of a call. */
registry.category("web_tour.tours").add("aftersales_followup_offline", {
    steps: () => [
        {
            trigger: ".o_fd_who:contains('Bank 01')",
            run: () => goOffline("aftersales.followup.desk"),
        },
        press("attitude", "4"),
        press("skill", "4"),
        press("punctuality", "4"),
        press("promises", "4"),
        press("overall", "b"),
        press("overall", "n"),
        {trigger: "#fd_note:focus", run: "edit Ask again in May"},
        {trigger: "#fd_note", run: "press ctrl+Enter"},
        {
            content: "The caller goes on; what is written down is kept",
            trigger: ".o_fd_who:contains('Bank 02')",
        },
        {trigger: ".o_fd_waiting:contains('1')", timeout: 20000},
        {
            trigger: ".o_followup_desk[data-unsent='1']",
            run() {
                goOnline();
                window.dispatchEvent(new Event("online"));
            },
        },
        {trigger: ".o_followup_desk[data-unsent='0']", timeout: 20000},
        {trigger: ".o_fd_count:contains('1 of 2')"},
    ],
});
