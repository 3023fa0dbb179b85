import {CallDesk} from "@aftersales_service/desks/call_desk/call_desk";
import {EntitlementPanel} from "@aftersales_warranty/returns/entitlement_panel/entitlement_panel";

// “Is it covered, what may I ask for?” is answered on the desk itself (WA-05, WA-10).
CallDesk.components = {...CallDesk.components, EntitlementPanel};
