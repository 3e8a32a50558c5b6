import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Makes a certificate for 127.0.0.1 that holds for a day (PEM files), by the system's openssl. */
export function makeCertificate(folder: string): { key: string; cert: string } {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  execFileSync("openssl", ["req", "-x509", ...curve, "-keyout", key, "-out", cert, "-days", "1", ...names], { stdio: "ignore" });
  return { key, cert };
}
