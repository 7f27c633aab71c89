import { formDriverOf } from "../drivers/form_macro.ts";
import type { Driver } from "../drivers/driver.ts";
import { DRIVERS } from "../drivers/mod.ts";
import type { WorkerDevice } from "../worker_config.ts";

/** The driver of each station; those of a site's own form are made once. */
export class StationDrivers {
  readonly #forms = new Map<string, Driver>();

  /** The driver of a device; of one that nobody knows, the one that knows nothing. */
  of({ driver, form }: WorkerDevice): Driver {
    if (form === undefined) return DRIVERS.get(driver) ?? DRIVERS.get("guided")!;
    const known = this.#forms.get(form) ?? formDriverOf(form);
    this.#forms.set(form, known);
    return known;
  }
}
