# A monitor without oximeter: a good profile for clinic-beds-blind.yaml.
name: blind
values: [{vital: rate, source: ecg, register: 0}]
cuff: {systolic: {register: 2}, proof: counter, proof_register: 3}
