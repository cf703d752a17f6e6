// Runs the rules that `more.selectors` choose over `more.folder`, by the Java program `more.java`.
import { createRequire } from 'node:module';
import { basename } from 'node:path';

const require = createRequire(process.env.PEER_PACKAGES + '/');
const { CodeAnalyzer, CodeAnalyzerConfig, EventType, SeverityLevel } = require('@salesforce/code-analyzer-core');
const { createEnginePlugin } = require('@salesforce/code-analyzer-pmd-engine');

const { folder, java, selectors } = JSON.parse(process.env.ORG).more;
const config = CodeAnalyzerConfig.fromObject({ engines: { pmd: { java_command: java } } });
const analyzer = new CodeAnalyzer(config);
const failures = [];
analyzer.onEvent(EventType.EngineLogEvent, (event) => {
  if (event.logLevel === 1) {
    failures.push(event.message);
  }
});
await analyzer.addEnginePlugin(createEnginePlugin());
const rules = await analyzer.selectRules(selectors);
const results = await analyzer.run(rules, { workspace: await analyzer.createWorkspace([folder]) });
const found = results.getViolations().map((violation) => {
  const place = violation.getPrimaryLocation();
  return {
    rule: violation.getRule().getName(),
    severity: SeverityLevel[violation.getRule().getSeverityLevel()],
    file: basename(place.getFile()),
    line: place.getStartLine(),
    message: violation.getMessage(),
  };
});
console.log(JSON.stringify({ rules: rules.getCount(), failures, found }));
