import builtIn from "./built_in.yaml" with { type: "text" };
import evlinkKeys from "./evlink_keys.yaml" with { type: "text" };
import garage from "./garage.yaml" with { type: "text" };
import modbus from "./modbus.yaml" with { type: "text" };
import onlyNamed from "./only_named.yaml" with { type: "text" };
import twoCsms from "./two_csms.yaml" with { type: "text" };

/** The cases that come with the gateway, as YAML by file name. */
export const SHIPPED_CASES: Readonly<Record<string, string>> = {
  "built_in.yaml": builtIn,
  "evlink_keys.yaml": evlinkKeys,
  "garage.yaml": garage,
  "only_named.yaml": onlyNamed,
  "two_csms.yaml": twoCsms,
};

/** The same for Modbus. */
export const SHIPPED_MODBUS_CASES: Readonly<Record<string, string>> = { "modbus.yaml": modbus };
