/**
 * The load that a backend declares with its answer: the trailer `endpoint-load-metrics-bin` with an
 * xds.data.orca.v3.OrcaLoadReport, as gRFC A51 has it.
 */
import { readDouble, readFields } from './protobuf.js';

export const loadReportTrailer = 'endpoint-load-metrics-bin';

/** A report names a few metrics; what is longer is none. */
const MAX_REPORT_LENGTH = 4096;

const CPU_UTILIZATION = 1;
const APPLICATION_UTILIZATION = 9;

/** Utilization from 0 (idle) to 1 (full); above 1 means overload. Null when the trailer holds no sane report. */
export function decodeUtilization(trailer: string): number | null {
  if (trailer.length > MAX_REPORT_LENGTH) return null;
  const fields = readFields(Buffer.from(trailer, 'base64'));
  if (fields === null) return null;
  let cpu: number | null = null;
  let application = 0;
  for (const field of fields) {
    if (field.wire !== 'fixed64') continue;
    if (field.number === CPU_UTILIZATION) cpu = readDouble(field.value);
    if (field.number === APPLICATION_UTILIZATION) application = readDouble(field.value);
  }
  // A51: the application's own figure goes before the processor's where it is set.
  const utilization = application > 0 ? application : cpu;
  return utilization !== null && Number.isFinite(utilization) && utilization >= 0 ? utilization : null;
}
