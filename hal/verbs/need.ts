import { HardwareError } from "../../gateway/core/errors.ts";
import type { Firewall } from "../firewall.ts";
import type { HardwareWatchdog } from "../hardware_watchdog.ts";
import type { IsolationProbe } from "../isolation_probe.ts";
import type { KeyStore } from "../key_store.ts";
import type { LldpListener } from "../lldp.ts";
import type { TamperInputs } from "../tamper_inputs.ts";
import type { OldTls } from "../old_tls.ts";
import type { PacketLinks } from "../packet_link.ts";
import type { SerialPorts } from "../serial_ports.ts";
import type { TimeService } from "../time_service.ts";
import type { HaldBox } from "../verb.ts";

/** The key store of the box. @throws HardwareError HAL_NOT_CONFIGURED */
export function needKeyStore(box: HaldBox): KeyStore {
  return box.keyStore ?? notConfigured("keyStore", "a TPM or PKCS#11 token");
}

/** The packet sockets of the box. @throws HardwareError HAL_NOT_CONFIGURED */
export function needPackets(box: HaldBox): PacketLinks {
  return box.packets ?? notConfigured("dhcp", 'the interfaces that may be served, as { "interfaces": ["eth1"] }');
}

/** The watchdog of the box. @throws HardwareError HAL_NOT_CONFIGURED */
export function needWatchdog(box: HaldBox): HardwareWatchdog {
  return box.watchdog ?? notConfigured("watchdog", "the device of the watchdog chip");
}

/** The firewall of the box. @throws HardwareError HAL_NOT_CONFIGURED */
export function needFirewall(box: HaldBox): Firewall {
  return box.firewall ?? notConfigured("firewall", "the folder of its rulesets");
}

/** The tamper inputs of the box. @throws HardwareError HAL_NOT_CONFIGURED */
export function needTamperInputs(box: HaldBox): TamperInputs {
  return box.tamper ?? notConfigured("tamper", "the GPIO lines of lid switches");
}

/** The serial lines of the box. @throws HardwareError HAL_NOT_CONFIGURED */
export function needSerial(box: HaldBox): SerialPorts {
  return box.serial ?? notConfigured("serial", "the devices that the gateway may open");
}

/** The time service of the box. @throws HardwareError HAL_NOT_CONFIGURED */
export function needTime(box: HaldBox): TimeService {
  return box.time ?? notConfigured("chrony", "the folder of its configuration and the file of its report");
}

/** What probes the isolation of stations. @throws HardwareError HAL_NOT_CONFIGURED */
export function needIsolationProbe(box: HaldBox): IsolationProbe {
  return box.isolation ?? notConfigured("probe", 'spare interfaces on stations\' ports, as { "interfaces": ["eth3"] }');
}

/** The helper for devices with old TLS. @throws HardwareError HAL_NOT_CONFIGURED */
export function needOldTls(box: HaldBox): OldTls {
  return box.oldTls ?? notConfigured("oldTls", 'the devices, as [{ "address": "10.20.0.11", "port": 443 }]');
}

/** What listens for LLDP. @throws HardwareError HAL_NOT_CONFIGURED */
export function needLldp(box: HaldBox): LldpListener {
  return box.lldp ?? notConfigured("lldp", 'the interfaces to listen on, as { "interfaces": ["eth1"] }');
}

function notConfigured(key: string, what: string): never {
  throw new HardwareError("HAL_NOT_CONFIGURED", `hald has no "${key}" in its configuration`, {
    hint: `Add "${key}" with ${what} to hald.json, then restart bulkhead-hald`,
  });
}
