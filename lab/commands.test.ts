import { testEveryCommand } from '../test/support/every-command.ts'

testEveryCommand('lab/package.json')
