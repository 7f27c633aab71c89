const FIX = { fix: "F1" }, INCIDENT = { incident: "I-7" }, LEAVING = { station: "CP005" };

/** A request that fits each operation about golden settings, incidents, inspections and stations that leave. */
export const HARDENING_INPUTS: Readonly<Record<string, Record<string, unknown>>> = {
  acknowledgeIncident: INCIDENT,
  addInspectionPhoto: { inspection: "C-12", photo: "iVBORw0KGgo=" },
  announceWork: { station: "CP001", hours: 2, reason: "meter" },
  approveDecommission: LEAVING,
  approveGoldenFix: FIX,
  assignInspection: { list: "payment-terminal", subject: "CP001" },
  cancelDecommission: LEAVING,
  cancelGoldenFix: FIX,
  closeIncident: INCIDENT,
  decideIncident: { ...INCIDENT, what: "quarantine", reason: "a card" },
  dismissIncident: { ...INCIDENT, reason: "a test" },
  doIncidentStep: { ...INCIDENT, step: "look", person: "B. Meier", proof: "whole" },
  proveDecommission: { ...LEAVING, proof: "seen", note: "asks for the wizard" },
  readDecommission: LEAVING,
  readErasureCertificate: { name: "dec-4" },
  readIncident: INCIDENT,
  readInspection: { inspection: "C-12" },
  readInspectionPhoto: { inspection: "C-12", number: "1" },
  readmitStation: { station: "CP012", reason: "another device" },
  reportIncident: { station: "CP001", what: "a noise" },
  skipDecommissionStep: { ...LEAVING, step: "reset", because: "stolen" },
  startDecommission: { station: "CP009", reason: "sold" },
  undoGoldenFix: FIX,
  withdrawWork: { work: "W-1a2b3c" },
};
