/** What is known of how one model of station connects. Every fact has its source; what nobody knows is absent. */
export interface StationModel {
  /** Vendor in lower case, as `stations[].vendor`. */
  readonly vendor: string;
  /** Beginnings of model names, in lower case; empty: all models of the vendor. */
  readonly models: readonly string[];
  /** Where this is from: a manual, a key table, an issue. */
  readonly source: string;
  /** Highest security profile it can speak. */
  readonly highestProfile?: 1 | 2 | 3;
  /** The only TCP ports it can dial. */
  readonly ports?: readonly number[];
  /** Kinds of keys in the root certificates it can use; "rsa" alone means that it cannot verify an EC root. */
  readonly rootKeys?: readonly ("ec" | "rsa")[];
  /** It trusts only the roots that its firmware brings: never a site CA. */
  readonly fixedRoots?: true;
  /** Whether InstallCertificate works; false: roots are loaded at the station itself. */
  readonly installsRoots?: boolean;
  /** OCPP 1.6 has no standard key for the address of the CSMS: this model's own, and whether it wants the id in it. */
  readonly urlKey?: { readonly key: string; readonly withId: boolean };
}

/** What a station would have to use. */
export interface WantedConnection {
  readonly profile: 1 | 2 | 3;
  readonly port: number;
  readonly rootKey: "ec" | "rsa" | undefined;
  /** The listener's certificate comes from the site CA. */
  readonly isSiteCa?: boolean;
}

/** The entry for a vendor and model; the one with the longest matching beginning wins. Case does not matter. */
export function modelOf(
  models: readonly StationModel[],
  vendor: string | undefined,
  model: string | undefined,
): StationModel | undefined {
  if (vendor === undefined) return undefined;
  const name = (model ?? "").toLowerCase();
  const maker = vendor.toLowerCase();
  // Stations say more of their vendor than people write: "Bender GmbH & Co. KG".
  const isOf = (entry: StationModel) => maker === entry.vendor || maker.startsWith(`${entry.vendor} `);
  const own = models.filter(isOf).flatMap((entry) => {
    const lengths = entry.models.filter((start) => name.startsWith(start)).map((start) => start.length);
    if (entry.models.length === 0) return [{ entry, length: 0 }];
    return lengths.length === 0 ? [] : [{ entry, length: Math.max(...lengths) }];
  });
  return own.toSorted((a, b) => b.length - a.length)[0]?.entry;
}

/** Why this model cannot connect as wanted, one sentence each; empty: nothing known speaks against it. */
export function modelFaults(model: StationModel | undefined, wanted: WantedConnection): readonly string[] {
  if (!model) return [];
  const faults: string[] = [];
  if (model.highestProfile !== undefined && wanted.profile > model.highestProfile) {
    faults.push(`it speaks at most security profile ${model.highestProfile}`);
  }
  if (model.ports && !model.ports.includes(wanted.port)) {
    faults.push(`it can only dial port ${model.ports.join(" or ")}, the listener has ${wanted.port}`);
  }
  if (wanted.profile >= 2 && model.rootKeys && wanted.rootKey && !model.rootKeys.includes(wanted.rootKey)) {
    faults.push(
      `it verifies only ${model.rootKeys.join(" or ")} roots, the listener's root has an ${wanted.rootKey} key`,
    );
  }
  if (wanted.profile >= 2 && model.fixedRoots && wanted.isSiteCa) {
    faults.push("it trusts only the roots of its firmware, the listener's certificate comes from the site CA");
  }
  return faults;
}
