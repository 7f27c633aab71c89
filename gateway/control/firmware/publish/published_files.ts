import { decidePublished, type GrantVerdict, plainAddress, protocolFor } from "../../../../policies/firmware_grant.ts";
import { fitsModel } from "../../../../policies/firmware_mark.ts";
import type { ImageRecord, ImageVault } from "../../../core/firmware_api.ts";
import type { GrantClaim, OpenedGrant } from "../../../core/firmware_transfer_api.ts";
import { plainFileName } from "../../../firmware/serving/codec_target.ts";
import type { ControlContext } from "../../contract.ts";
import type { GrantBook, GrantStations } from "../transfers/grant_book.ts";
import type { StoredPublication } from "./publication_book.ts";

/** What stations fetch published images with. */
export interface PublishedFilesParts {
  readonly context: Pick<ControlContext, "clock" | "site">;
  readonly vault: Pick<ImageVault, "image">;
  readonly grants: Pick<GrantBook, "all" | "get" | "make" | "opened">;
  readonly stations: GrantStations & { ids(): readonly string[] };
}

/** An opened grant, or the refusal and the station that was refused. */
export type PublishedOpening =
  | { readonly grant: OpenedGrant }
  | { readonly refused: GrantVerdict & { readonly effect: "deny" }; readonly stationId?: string };

/**
 * Lets a station fetch a published image by the URL that its CSMS was told: all stations have the same one, so each is
 * known by its certificate or address, and gets a grant of its own that bounds what it fetches.
 */
export class PublishedFiles {
  constructor(private readonly parts: PublishedFilesParts) {}

  async open(stored: StoredPublication, claim: GrantClaim): Promise<PublishedOpening> {
    const { context: { clock, site }, vault, grants, stations } = this.parts;
    const image = vault.image(stored.publication.sha256!), id = this.#stationOf(claim);
    const before = id === undefined ? undefined : this.#grantOf(stored, id);
    const verdict = decidePublished({
      ...id === undefined ? {} : {
        station: {
          id,
          protocol: protocolFor(stations.of(id) ?? {}, site.firmware?.exceptions ?? []),
          fitsImage: image !== undefined && this.#fits(image, id),
        },
      },
      ...before ? { grant: before } : {},
      image: { fileName: plainFileName(image?.fileName ?? ""), sizeBytes: image?.sizeBytes ?? 0 },
      protocol: claim.protocol,
      ...claim.fileName === undefined ? {} : { fileName: claim.fileName },
      ...{ source: claim.source, now: clock.now() },
    });
    if (verdict.effect === "deny") return { refused: verdict, ...id === undefined ? {} : { stationId: id } };
    if (before && before.expiresAt > clock.now()) return { grant: grants.opened(before, verdict.leftBytes) };
    const made = await grants.make({ stationId: id!, sha256: stored.publication.sha256!, who: whoOf(stored) });
    return { grant: grants.opened(grants.get(made.id)!, made.budgetBytes) };
  }

  /** Whether a station fetches it: by its own URL, or by one of an update that its CSMS asked for. */
  isFetched(stored: StoredPublication): boolean {
    const { csms, sha256 } = stored.publication, now = this.parts.context.clock.now();
    return this.parts.grants.all().some(({ state, expiresAt, completeAt, who, sha256: of }) =>
      of === sha256 && state === "open" && expiresAt > now && completeAt === undefined &&
      (who === whoOf(stored) || who === `csms:${csms}`)
    );
  }

  #grantOf(stored: StoredPublication, stationId: string) {
    return this.parts.grants.all().find((grant) => grant.stationId === stationId && grant.who === whoOf(stored));
  }

  #stationOf({ commonName, source }: GrantClaim): string | undefined {
    const { stations } = this.parts;
    if (commonName !== undefined) return stations.of(commonName) && commonName;
    return stations.ids().find((id) =>
      stations.addressesOf(id).some((address) => plainAddress(address) === plainAddress(source))
    );
  }

  #fits(image: ImageRecord, stationId: string): boolean {
    const { vendor, model } = this.parts.stations.of(stationId) ?? {};
    return vendor !== undefined && fitsModel(image, { vendor, ...model === undefined ? {} : { model } });
  }
}

const whoOf = ({ publication: { id } }: StoredPublication): string => `publication:${id}`;
