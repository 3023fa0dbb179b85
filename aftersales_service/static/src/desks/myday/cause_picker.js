import {Component, onWillStart, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {KeepLast} from "@web/core/utils/concurrency";
import {useAutofocus, useService} from "@web/core/utils/hooks";
import {useDebounced} from "@web/core/utils/timing";
import {Draft, explain} from "@aftersales_service/base/desk_kit";
import {askOrRecall, hasWords} from "./myday_utils";

/** The list as it was last seen with a connection. */
const kept = () => new Draft("aftersales_causes");

function getCauses(orm, orderId, text) {
    return orm.call("aftersales.myday", "get_causes", [orderId, text]);
}

export async function keepCauses(orm, orderId) {
    kept().save(await getCauses(orm, orderId, ""));
}

/** Searchable list of causes; those of the order's symptom come first. */
export class CausePicker extends Component {
    static template = "aftersales_service.MyDayCausePicker";
    static props = {
        orderId: Number,
        symptom: String,
        onChoose: Function,
        onClose: Function,
    };

    setup() {
        this.orm = useService("orm").silent;
        this.keepLast = new KeepLast();
        this.state = useState({causes: [], text: "", message: "", loaded: false});
        this.searchSoon = useDebounced(() => this.search(), 250);
        useAutofocus({refName: "input", mobile: false});
        onWillStart(() => this.search());
    }

    get groups() {
        const likely = this.state.causes.filter((cause) => cause.likely);
        const other = this.state.causes.filter((cause) => !cause.likely);
        return [
            {key: "likely", title: this.props.symptom, causes: likely},
            {
                key: "other",
                title: likely.length ? _t("Other causes") : "",
                causes: other,
            },
        ].filter((group) => group.causes.length);
    }

    onInput(ev) {
        this.state.text = ev.target.value;
        this.searchSoon();
    }

    async search() {
        const {text} = this.state;
        try {
            this.state.causes = await this.keepLast.add(
                askOrRecall(
                    kept(),
                    () => getCauses(this.orm, this.props.orderId, text),
                    (cause) => hasWords(text, cause.name, cause.remedy),
                ),
            );
            this.state.message = "";
        } catch (error) {
            this.state.message = explain(error);
        }
        this.state.loaded = true;
    }
}
