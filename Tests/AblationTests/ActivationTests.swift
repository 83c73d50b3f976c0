// SPDX-License-Identifier: Apache-2.0
import Ablation
import Testing

@Suite struct ActivationTests {
    @Test func `an activation equals itself`() { #expect(Activation.relu == Activation.relu) }
}
