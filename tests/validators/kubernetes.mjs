// etc/kubernetes, as kustomize builds it, against the published schemas; and what must hold between the manifests: restricted pods with all
// probes, selectors and ports that meet.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { parseAllDocuments, parse } from "yaml";

const root = join(process.argv[2], "etc/kubernetes");
const require = createRequire(import.meta.url);
const faults = [];

function kubectl(...words) {
  try {
    return execFileSync("kubectl", words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return null;
  }
}

// Without a kubectl that has kustomize 4 or newer: the manifests one by one, which leaves out what is patched.
const kustomize = /Kustomize Version: v([4-9]|\d\d)/.test(kubectl("version", "--client") ?? "");
if (!kustomize) console.error("\nskipped: kubernetes: patches: they need a kubectl of 1.22 or newer");

function documents(folder) {
  let text = kustomize ? kubectl("kustomize", join(root, folder)) : null;
  if (text === null) {
    if (kustomize) faults.push(`${folder}: kustomize can't build it`);
    const { resources } = parse(readFileSync(join(root, folder, "kustomization.yaml"), "utf8"));
    text = resources.map((name) => readFileSync(join(root, folder, name), "utf8")).join("\n---\n");
  }
  return parseAllDocuments(text).map((document) => document.toJS()).filter(Boolean);
}

// ---- Schemas

// The package and module that know a kind: apps/v1 Deployment.
function moduleOf({ apiVersion, kind }) {
  const home = apiVersion.startsWith("monitoring.coreos.com/") ? "@kubernetes-models/prometheus-operator" : "kubernetes-models";
  return `${home}/${apiVersion}/${kind}`;
}

function checkSchema(name, manifest) {
  const Model = require(moduleOf(manifest))[manifest.kind];
  try {
    new Model(manifest).validate();
  } catch (error) {
    faults.push(`${name}: ${error.message}`);
  }
}

// The schemas leave unknown keys be, as a cluster would not; the types made of them don't.
function checkKeys(manifests) {
  const folder = mkdtempSync(fileURLToPath(new URL("keys-", import.meta.url)));
  const file = join(folder, "manifests.ts");
  const lines = manifests.map(([name, manifest], i) =>
    `import { I${manifest.kind} as K${i} } from "${moduleOf(manifest)}"; export const m${i}: K${i} = ${JSON.stringify(manifest)}; // ${name}`);
  writeFileSync(file, lines.join("\n"));
  const program = ts.createProgram([file], { strict: true, noEmit: true, skipLibCheck: true, types: [], moduleResolution: ts.ModuleResolutionKind.Node10 });
  for (const fault of ts.getPreEmitDiagnostics(program)) {
    const line = fault.file ? fault.file.getLineAndCharacterOfPosition(fault.start).line : 0;
    faults.push(`${manifests[line]?.[0]}: ${ts.flattenDiagnosticMessageText(fault.messageText, " ")}`);
  }
  rmSync(folder, { recursive: true });
}

// ---- What must hold

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const within = (wanted, labels) => Object.entries(wanted ?? {}).every(([key, value]) => labels?.[key] === value);

// The Pod Security Standards' level `restricted`.
function checkPod(name, pod) {
  const allowed = ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];
  const expect = (holds, what) => holds || faults.push(`${name}: ${what}`);
  expect(!pod.hostNetwork && !pod.hostPID && !pod.hostIPC, "shares a namespace with the node");
  for (const volume of pod.volumes ?? []) expect(Object.keys(volume).every((key) => key === "name" || allowed.includes(key)), `volume ${volume.name}`);
  for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
    const context = { ...pod.securityContext, ...container.securityContext };
    const of = `container ${container.name}`;
    expect(context.runAsNonRoot === true && context.runAsUser !== 0, `${of} may run as root`);
    expect(context.allowPrivilegeEscalation === false, `${of} may get privileges`);
    expect(same(context.capabilities?.drop, ["ALL"]) && !context.capabilities.add, `${of} keeps capabilities`);
    expect(context.seccompProfile?.type === "RuntimeDefault", `${of} has no seccomp profile`);
    expect(context.readOnlyRootFilesystem === true, `${of} has a writable root file system`);
    expect((container.ports ?? []).every((port) => !port.hostPort), `${of} has a port of the node`);
    for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) expect(container[probe], `${of} has no ${probe}`);
    for (const mount of container.volumeMounts ?? [])
      expect(pod.volumes.some((volume) => volume.name === mount.name), `${of} mounts ${mount.name}, which there is not`);
    if (container.name !== "pulsewatch") continue;
    const paths = [container.startupProbe, container.livenessProbe, container.readinessProbe].map((probe) => probe?.httpGet?.path);
    expect(same(paths, ["/healthz", "/healthz", "/ready"]), `${of} is probed at ${paths}`);
  }
}

// Of a Service, a NetworkPolicy: it finds pods, at ports that they have.
function checkMeeting(name, selector, ports, pods) {
  const found = pods.filter((pod) => within(selector, pod.metadata.labels));
  if (found.length === 0) faults.push(`${name}: selects no pod`);
  for (const port of ports)
    if (!found.every((pod) => pod.spec.containers.some((container) => (container.ports ?? []).some((one) => one.name === port))))
      faults.push(`${name}: no container has the port ${port}`);
}

const all = [];
for (const folder of ["deployment", "sidecar", "monitoring"]) {
  const manifests = documents(folder).map((manifest) => [`${folder}: ${manifest.kind} ${manifest.metadata.name}`, manifest]);
  const pods = manifests.map(([, manifest]) => manifest.spec?.template).filter(Boolean);
  for (const [name, manifest] of manifests) {
    checkSchema(name, manifest);
    const spec = manifest.spec;
    if (manifest.kind === "Deployment") checkPod(name, spec.template.spec);
    if (!kustomize && folder === "sidecar") continue;
    if (manifest.kind === "Service") checkMeeting(name, spec.selector, spec.ports.map((port) => port.targetPort), pods);
    if (manifest.kind === "NetworkPolicy")
      checkMeeting(name, spec.podSelector.matchLabels, spec.ingress.flatMap((rule) => rule.ports.map((port) => port.port)), pods);
  }
  all.push(...manifests);
}
checkKeys(all);

const of = (kind) => all.map(([, manifest]) => manifest).filter((manifest) => manifest.kind === kind);
const [monitor] = of("ServiceMonitor");
const services = of("Service").filter((service) => within(monitor.spec.selector.matchLabels, service.metadata.labels));
if (services.length !== 2) faults.push(`the ServiceMonitor finds ${services.length} services, not that of each kind`);
for (const service of services)
  for (const endpoint of monitor.spec.endpoints)
    if (!service.spec.ports.some((port) => port.name === endpoint.port)) faults.push(`the ServiceMonitor's port ${endpoint.port} is not Service ${service.metadata.name}'s`);
const hasPulsewatch = (deployment) => deployment.spec.template.spec.containers.some((container) => container.name === "pulsewatch");
if (kustomize && !of("Deployment").every(hasPulsewatch)) faults.push("a Deployment has no container pulsewatch");
if (of("Namespace")[0]?.metadata.labels["pod-security.kubernetes.io/enforce"] !== "restricted") faults.push("the namespace is not restricted");

for (const fault of faults) console.error(fault);
console.log(`${all.length} manifests: ${faults.length === 0 ? "valid" : `${faults.length} faults`}`);
process.exit(faults.length === 0 ? 0 : 1);
