import {Component, useState} from "@odoo/owl";
import {AutoComplete} from "@web/core/autocomplete/autocomplete";
import {patch} from "@web/core/utils/patch";
import {useService} from "@web/core/utils/hooks";
import {CallDesk} from "@aftersales_service/desks/call_desk/call_desk";

/** What the telephone solved is done here: cause and remedy, nobody goes. */
export class DeskFinish extends Component {
    static template = "aftersales_service.CallDesk.Finish";
    static components = {AutoComplete};
    static props = {onFinish: Function};

    setup() {
        this.orm = useService("orm");
        this.state = useState({cause: null, remedy: ""});
        this.sources = [{options: (request) => this.loadCauses(request)}];
    }

    async loadCauses(request) {
        const found = await this.orm.call("aftersales.call.desk", "search_causes", [
            request,
        ]);
        return found.map((cause) => ({
            label: cause.name,
            onSelect: () => {
                this.state.cause = cause;
                this.state.remedy = this.state.remedy || cause.remedy;
            },
        }));
    }

    onCauseChange({inputValue}) {
        if (!inputValue) {
            this.state.cause = null;
        }
    }

    finish() {
        if (this.state.cause) {
            this.props.onFinish(this.state.cause.id, this.state.remedy);
        }
    }
}

CallDesk.components = {...CallDesk.components, DeskFinish};

patch(CallDesk.prototype, {
    async solveByPhone(causeId, remedy) {
        const {done, busy} = this.state;
        if (busy || !done) {
            return;
        }
        const result = await this.call("finish", [done.id, causeId, remedy]);
        if (result) {
            this.state.done = {...done, solved: true};
            this.state.candidates = null;
            this.focusNext = "#desk_search";
        }
    },
});
