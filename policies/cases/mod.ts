import builtIn from "./built_in.yaml" with { type: "text" };
import garage from "./garage.yaml" with { type: "text" };
import onlyNamed from "./only_named.yaml" with { type: "text" };

/** The cases that come with the gateway, as YAML by file name. */
export const SHIPPED_CASES: Readonly<Record<string, string>> = {
  "built_in.yaml": builtIn,
  "garage.yaml": garage,
  "only_named.yaml": onlyNamed,
};
