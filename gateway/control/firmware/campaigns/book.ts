import { KEYS } from "../../../store/keys.ts";
import type { Mutation, Store } from "../../../store/store.ts";
import { CAMPAIGN_LIMITS } from "./limits.ts";
import type { CampaignRecord, UnitRecord } from "./record.ts";

const ALL = { limit: Infinity } as const;
/** Changes that one commit of Deno KV surely takes. */
const COMMIT_CHANGES = 400;

const recordKey = (id: string) => [...KEYS.firmwareCampaign, "record", id];
const unitKey = ({ campaign, id }: Pick<UnitRecord, "campaign" | "id">) => [
  ...KEYS.firmwareCampaign,
  "unit",
  campaign,
  id,
];
const counterKey = [...KEYS.firmwareCampaign, "counter"];

/** Numbers that are never given twice. */
interface Counter {
  readonly campaign: number;
  readonly request: number;
}

/** All campaigns and their units: durable, and in memory for reading. What is read is what is stored. */
export class CampaignBook {
  readonly #store: Store;
  readonly #records = new Map<string, CampaignRecord>();
  readonly #units = new Map<string, Map<string, UnitRecord>>();
  #counter: Counter = { campaign: 0, request: 0 };

  private constructor(store: Store) {
    this.#store = store;
  }

  static async open(store: Store): Promise<CampaignBook> {
    const book = new CampaignBook(store);
    book.#counter = (await store.get<Counter>(counterKey))?.value ?? book.#counter;
    for await (const { value } of store.list<CampaignRecord>([...KEYS.firmwareCampaign, "record"], ALL)) {
      book.#records.set(value.id, value);
      book.#units.set(value.id, new Map());
    }
    for await (const { value } of store.list<UnitRecord>([...KEYS.firmwareCampaign, "unit"], ALL)) {
      book.#units.get(value.campaign)?.set(value.id, value); // units without a record: a crash between two commits
    }
    return book;
  }

  /** All campaigns, newest first. */
  all(): readonly CampaignRecord[] {
    return [...this.#records.values()].toSorted((a, b) => b.madeAt - a.madeAt || number(b) - number(a));
  }

  get(id: string): CampaignRecord | undefined {
    return this.#records.get(id);
  }

  /** The units of a campaign, in the order in which they were put into rings. */
  units(id: string): readonly UnitRecord[] {
    return [...this.#units.get(id)?.values() ?? []].toSorted((a, b) => a.ring - b.ring || compare(a.id, b.id));
  }

  unit(campaign: string, id: string): UnitRecord | undefined {
    return this.#units.get(campaign)?.get(id);
  }

  /** A name for a campaign, never given before. */
  async nextId(): Promise<string> {
    const campaign = this.#counter.campaign + 1;
    await this.#count({ ...this.#counter, campaign });
    return `fw-${campaign}`;
  }

  /** A request id, never given before: a late status of an earlier request is never taken for one of a later. */
  async nextRequestId(): Promise<number> {
    const most = 2 ** 31 - 1 - CAMPAIGN_LIMITS.firstRequestId; // OCPP's integers have 32 bits
    const request = this.#counter.request >= most ? 1 : this.#counter.request + 1;
    await this.#count({ ...this.#counter, request });
    return CAMPAIGN_LIMITS.firstRequestId + request;
  }

  /** A new campaign with its units; the record is in the last commit, so that half a campaign is never read. */
  async add(record: CampaignRecord, units: readonly UnitRecord[]): Promise<void> {
    for (let at = 0; at < units.length; at += COMMIT_CHANGES) {
      const some = units.slice(at, at + COMMIT_CHANGES);
      await this.#store.commit(some.map((unit): Mutation => ({ set: unitKey(unit), value: unit })));
    }
    await this.#store.commit([{ set: recordKey(record.id), value: record }]);
    this.#records.set(record.id, record);
    this.#units.set(record.id, new Map(units.map((unit) => [unit.id, unit])));
    await this.#makeRoom();
  }

  /** Stores a campaign, and units of it, together. */
  async put(record: CampaignRecord, units: readonly UnitRecord[] = []): Promise<void> {
    for (let at = 0; at < Math.max(1, units.length); at += COMMIT_CHANGES) {
      const some = units.slice(at, at + COMMIT_CHANGES).map((unit): Mutation => ({ set: unitKey(unit), value: unit }));
      await this.#store.commit([{ set: recordKey(record.id), value: record }, ...some]);
    }
    this.#records.set(record.id, record);
    for (const unit of units) this.#units.get(record.id)!.set(unit.id, unit);
  }

  async putUnit(unit: UnitRecord): Promise<void> {
    await this.#store.commit([{ set: unitKey(unit), value: unit }]);
    this.#units.get(unit.campaign)?.set(unit.id, unit);
  }

  /** Forgets a campaign. */
  async remove(id: string): Promise<void> {
    const units = this.units(id);
    await this.#store.commit([{ delete: recordKey(id) }]);
    for (let at = 0; at < units.length; at += COMMIT_CHANGES) {
      await this.#store.commit(units.slice(at, at + COMMIT_CHANGES).map((unit) => ({ delete: unitKey(unit) })));
    }
    this.#records.delete(id);
    this.#units.delete(id);
  }

  async #makeRoom(): Promise<void> {
    const over = this.#records.size - CAMPAIGN_LIMITS.campaigns;
    const ended = this.all().filter(({ state }) => state === "completed" || state === "aborted").toReversed();
    for (const { id } of ended.slice(0, Math.max(0, over))) await this.remove(id);
  }

  async #count(counter: Counter): Promise<void> {
    this.#counter = counter; // before the disk answers: two that ask at the same time get two numbers
    await this.#store.commit([{ set: counterKey, value: counter }]);
  }
}

const number = ({ id }: CampaignRecord) => Number(id.slice("fw-".length));
const compare = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;
