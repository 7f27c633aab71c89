import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { ipv4Number, subnetNumbers } from "../../config/dhcp_scopes.ts";
import { ConfigError, describeError } from "../../core/errors.ts";
import { readPem } from "../../pki/pem.ts";
import type { ConcentratorGateway } from "../session_concentrator.ts";
import { ConcentratorConfig } from "./config.ts";

/** A concentrator's configuration with its files by value. */
export interface LoadedConcentrator {
  readonly config: ConcentratorConfig;
  readonly self: number;
  readonly gateways: ReadonlyMap<string, ConcentratorGateway>;
  readonly certPem: string;
  readonly keyPem: string;
  readonly clientCas: readonly string[];
}

/** Reads concentrator.yaml and the files it names. @throws ConfigError CFG_UNREADABLE, CFG_INVALID with all faults */
export async function loadConcentrator(file: string): Promise<LoadedConcentrator> {
  const folder = dirname(resolve(file));
  const parsed = ConcentratorConfig.safeParse(readYaml(file, await read(file)));
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) =>
      `${file}: ${issue.path.join(".") || "the file"}: ${issue.message}`
    );
    throw invalid(file, faults);
  }
  const config = parsed.data;
  const faults: string[] = [];
  const gateways = new Map<string, ConcentratorGateway>();
  for (const [at, { name, subnets }] of config.gateways.entries()) {
    if (gateways.has(name)) {
      faults.push(`${file}: gateways.${at}.name: "${name}" stands twice, wanted each gateway once`);
    }
    gateways.set(name, {
      name,
      subnets: subnets.flatMap((text) => {
        const net = subnetNumbers(text);
        if (!net) {
          faults.push(`${file}: gateways.${at}.subnets: "${text}" is no IPv4 network, wanted one as 10.20.0.0/24`);
        }
        return net ? [{ from: net.from, to: net.to }] : [];
      }),
    });
  }
  const self = ipv4Number(config.address);
  if (self === undefined) faults.push(`${file}: address: "${config.address}" is no IPv4 address of this machine`);
  if (faults.length > 0) throw invalid(file, faults);
  const [certPem, keyPem, cas] = await Promise.all(
    [config.certificate.certFile, config.certificate.keyFile, config.clientCaFile].map((path) =>
      read(resolve(folder, path))
    ),
  );
  return { config, self: self!, gateways, certPem: certPem!, keyPem: keyPem!, clientCas: splitPem(cas!) };
}

async function read(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new ConfigError("CFG_UNREADABLE", `Cannot read "${path}"`, {
      hint: "docs/central-dhcp.md shows a concentrator.yaml and its files",
      cause: error,
    });
  }
}

function readYaml(file: string, text: string): unknown {
  try {
    return parse(text, { version: "1.2" });
  } catch (error) {
    throw invalid(file, [`${file}: ${describeError(error)}`]);
  }
}

/** Each certificate of a PEM file by itself. */
function splitPem(text: string): string[] {
  readPem(text, "CERTIFICATE"); // Refuses what is none.
  return text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
}

function invalid(file: string, faults: readonly string[]): ConfigError {
  return new ConfigError("CFG_INVALID", `Cannot use "${file}":\n${faults.join("\n")}`, {
    faults,
    hint: "docs/central-dhcp.md lists every key",
  });
}
