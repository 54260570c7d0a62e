import { testEveryCommand } from '../support/every-command.ts'

testEveryCommand('package.json')
