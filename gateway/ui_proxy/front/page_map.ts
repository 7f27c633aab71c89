import { originOf, type PlannedPage } from "../../config/device_pages.ts";
import { parseIp } from "../../config/ip.ts";
import { DeviceOrigins } from "../device_origins.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";
import type { UiProxyWorkerConfig, WorkerDevice } from "../worker_config.ts";

/** The page that a request is for, as its browser names it. */
export interface FoundPage {
  readonly page: PlannedPage;
  readonly device: WorkerDevice;
  /** The origin that the browser sees. */
  readonly origin: string;
  /** The origin where a person of this station begins: that of the first page. */
  readonly first: string;
  /** Name of the cookie here: ports of one host share their cookies, so each has a name of its own. */
  readonly cookie: string;
  /** Every way to this device as this browser sees it. */
  readonly origins: DeviceOrigins;
}

const COOKIE = "__Host-bulkhead-device";

/** Which page stands at which name and port. A request that names neither is for nobody. */
export class PageMap {
  readonly #config: UiProxyWorkerConfig;
  readonly #byHost: ReadonlyMap<string, PlannedPage>;
  readonly #byPort: ReadonlyMap<number, PlannedPage>;
  /** Pages by "port host" as browsers write it, since each request asks; strangers' spellings push each other out. */
  readonly #known = new Map<string, FoundPage>();

  constructor(config: UiProxyWorkerConfig) {
    this.#config = config;
    this.#byHost = new Map(config.pages.map((page) => [page.host, page]));
    this.#byPort = new Map(
      config.pages.flatMap((page) => page.ownPort === undefined ? [] : [[page.ownPort, page] as const]),
    );
  }

  /**
   * @param host the Host field, of which the head was judged already
   * @param port the port that the connection came to
   */
  find(host: string, port: number): FoundPage | undefined {
    const key = `${port} ${host}`, known = this.#known.get(key) ?? this.#find(host, port);
    if (!known || this.#known.has(key)) return known;
    if (this.#known.size >= UI_PROXY_LIMITS.hostSpellings) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(key, known);
    return known;
  }

  #find(host: string, port: number): FoundPage | undefined {
    const url = URL.parse(`https://${host}`);
    if (!url || url.pathname !== "/" || Number(url.port || 443) !== port) return undefined;
    const name = url.hostname.toLowerCase();
    const own = this.#byPort.get(port);
    if (own) return this.#isOwnName(name) ? this.#found(own, name) : undefined;
    const page = port === this.#config.port ? this.#byHost.get(name) : undefined;
    return page && this.#found(page);
  }

  /** @param name the host of a page that has a port of its own; absent: pages have names */
  #found(page: PlannedPage, name?: string): FoundPage {
    const { pages, devices, port } = this.#config;
    const device = devices[page.station]!;
    const own = (one: PlannedPage) =>
      name === undefined ? originOf(one.host, port) : originOf(name, one.ownPort ?? port);
    const ofStation = pages.filter(({ station }) => station === page.station);
    return {
      page,
      device,
      origin: own(page),
      first: own(ofStation[0]!),
      cookie: name === undefined ? COOKIE : `${COOKIE}-${page.ownPort}`,
      origins: new DeviceOrigins(ofStation.map((one) => ({ device: one.device, own: own(one) })), device.aliases),
    };
  }

  /** Names of this box: anything else is a page of somebody who points a name of theirs here (DNS rebinding). */
  #isOwnName(name: string): boolean {
    const bare = name.replace(/^\[|\]$/g, "");
    return name === this.#config.hostname.toLowerCase() || name === "localhost" || parseIp(bare) !== undefined;
  }
}
