import { MODBUS_RULES } from "./modbus.ts";

/** What is refused whatever the rules of a site allow, and how a site can allow it all the same. For `policy table`. */
export const MODBUS_BUILT_IN: readonly { readonly rule: string; readonly what: string; readonly lifted: string }[] = [
  { rule: MODBUS_RULES.default, what: "everything that no rule allows", lifted: "an allow rule" },
  {
    rule: MODBUS_RULES.broadcast,
    what: "requests to unit 0, which reach every device of a line",
    lifted: "units: [0]",
  },
  { rule: MODBUS_RULES.credential, what: "writes that act as presenting a badge", lifted: "points: that name it" },
  {
    rule: MODBUS_RULES.diagnostics,
    what: "diagnostics that restart, silence or reset a device",
    lifted: "subfunctions: that name them",
  },
  { rule: MODBUS_RULES.illegalValue, what: "values that the profile does not call legal", lifted: "nothing" },
  {
    rule: MODBUS_RULES.lease,
    what: "writes of a point that another client commands",
    lifted: "lease: of a higher priority",
  },
  { rule: MODBUS_RULES.partialWrite, what: "writes of a part of a value", lifted: "nothing" },
  { rule: MODBUS_RULES.readOnly, what: "writes of points that the profile calls read-only", lifted: "nothing" },
  {
    rule: MODBUS_RULES.restrictedValue,
    what: "values that restart a device or take it out of service",
    lifted: "points: and values: that name them",
  },
  { rule: MODBUS_RULES.unsupported, what: "function codes that the device does not know", lifted: "nothing" },
];
