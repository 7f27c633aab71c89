import type { GatewayProcess } from "./gateway_process.ts";

/** Ways into the console of the simulated garage. */
export interface ConsoleLogins {
  /** Code that makes the first administrator; absent when there is one. */
  readonly setupCode?: string;
  /** A person without a second factor, whose password has to be changed at the first login. */
  readonly operator: { readonly name: string; readonly password: string };
}

/** The account that is made for who looks at the demo. */
const OPERATOR = "operator";

/** Makes a login for the demo's console and finds the setup code among what the gateway wrote at its start. */
export async function makeLogins(gateway: Pick<GatewayProcess, "command" | "lines">): Promise<ConsoleLogins> {
  const { data } = await gateway.command("user add", { name: OPERATOR, role: "operator" });
  const { temporaryPassword } = data as { readonly temporaryPassword: string };
  const setupCode = gateway.lines.map((line) => /^SETUP code (\S+)/.exec(line)?.[1]).find((code) => code !== undefined);
  return { ...setupCode === undefined ? {} : { setupCode }, operator: { name: OPERATOR, password: temporaryPassword } };
}

/** What the demo prints about them. */
export function describeLogins(url: string, { setupCode, operator }: ConsoleLogins): readonly string[] {
  const setup = setupCode === undefined
    ? []
    : [`            administrator: setup code ${setupCode} (with a passkey or an app)`];
  return [
    `  console   ${url}  (/healthz, /readyz, /api/v1/openapi.json)`,
    `            look around: ${url}login?account=yes as ${operator.name}, ${operator.password} (to be changed at once)`,
    ...setup,
  ];
}
