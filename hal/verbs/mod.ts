import type { Checked } from "../schema.ts";
import { clockState } from "./clock_state.ts";
import { gpioTamper } from "./gpio_tamper.ts";
import { hello } from "./hello.ts";
import { keystoreDescribe } from "./keystore_describe.ts";
import { keystoreRoot } from "./keystore_root.ts";
import { netDhcpMeter } from "./net_dhcp_meter.ts";
import { netDhcpPackets } from "./net_dhcp_packets.ts";
import { netIsolationProbe } from "./net_isolation_probe.ts";
import { netLinks } from "./net_links.ts";
import { netLldp } from "./net_lldp.ts";
import { netNeighbour } from "./net_neighbour.ts";
import { netOldTls, netOldTlsCertificate } from "./net_old_tls.ts";
import { nftApply } from "./nft_apply.ts";
import { nftCheck } from "./nft_check.ts";
import { nftConfirm } from "./nft_confirm.ts";
import { nftCounters } from "./nft_counters.ts";
import { nftDenied } from "./nft_denied.ts";
import { nftOpen } from "./nft_open.ts";
import { nftStage } from "./nft_stage.ts";
import { nftState } from "./nft_state.ts";
import { nftUndo } from "./nft_undo.ts";
import { serialClose, serialList, serialOpen, serialReceive, serialSend } from "./serial.ts";
import { timeApply } from "./time_apply.ts";
import { timeReport } from "./time_report.ts";
import { watchdogPet } from "./watchdog_pet.ts";

/** Everything hald can be asked. A verb that is not in this list does not exist. Alphabetical by name. */
export const VERBS = [
  clockState,
  gpioTamper,
  hello,
  keystoreDescribe,
  keystoreRoot,
  netDhcpMeter,
  netDhcpPackets,
  netIsolationProbe,
  netLinks,
  netLldp,
  netNeighbour,
  netOldTls,
  netOldTlsCertificate,
  nftApply,
  nftCheck,
  nftConfirm,
  nftCounters,
  nftDenied,
  nftOpen,
  nftStage,
  nftState,
  nftUndo,
  serialClose,
  serialList,
  serialOpen,
  serialReceive,
  serialSend,
  timeApply,
  timeReport,
  watchdogPet,
] as const;

type Listed = typeof VERBS[number];
/** Name of a verb. */
export type VerbName = Listed["name"];
/** Arguments of a verb. */
export type VerbArgs<N extends VerbName> = Checked<Extract<Listed, { readonly name: N }>["args"]>;
/** Answer of a verb. */
export type VerbAnswer<N extends VerbName> = Checked<Extract<Listed, { readonly name: N }>["answer"]>;
