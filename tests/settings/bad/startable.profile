# Its cuff can be started, and not stopped: a good profile for clinic-start-warnings.yaml.
name: startable
values:
  - {vital: rate, register: 0}
  - {vital: spo2, register: 1}
cuff:
  systolic: {register: 2}
  proof: counter
  proof_register: 3
  start: {function: 6, register: 100, value: 1}
