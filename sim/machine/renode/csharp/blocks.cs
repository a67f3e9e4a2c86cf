//
// Basic blocks as Renode translates them, and their counters.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
//
namespace Boardless
{
    using System.Collections.Generic;
    using System.IO;
    using Antmicro.Renode.Peripherals.CPU;

    public class Block
    {
        // Two-bit predictors, one for each static prediction: which one the branch has is known to the reader.
        public void Leave(bool taken)
        {
            if(taken)
            {
                Taken++;
                MispredictsIfForward += forward < 2 ? 1u : 0u;
                MispredictsIfBackward += backward < 2 ? 1u : 0u;
                forward += forward < 3 ? 1 : 0;
                backward += backward < 3 ? 1 : 0;
            }
            else
            {
                MispredictsIfForward += forward >= 2 ? 1u : 0u;
                MispredictsIfBackward += backward >= 2 ? 1u : 0u;
                forward -= forward > 0 ? 1 : 0;
                backward -= backward > 0 ? 1 : 0;
            }
        }

        public int Index;
        public uint Address;
        public uint End;
        public uint Instructions;
        public uint[] Registers;
        public Marker Marker;
        public Block Whole;
        public Block FallsTo;
        public Block TakenTo;
        public ulong Executions;
        public ulong Taken;
        public ulong MispredictsIfForward;
        public ulong MispredictsIfBackward;

        private int forward = 1;
        private int backward = 2;
    }

    public class Marker
    {
        public int Index;
        public bool Stops;
    }

    // All counters at one moment.
    public class Hit
    {
        public void Write(BinaryWriter writer)
        {
            writer.Write((long)Marker);
            writer.Write((ulong)Argument);
            writer.Write((ulong)(Counters.Length / CountersPerBlock));
            foreach(var counter in Counters)
            {
                writer.Write(counter);
            }
        }

        public int Marker;
        public uint Argument;
        public ulong[] Counters;

        public const int CountersPerBlock = 4;
    }

    public class BlockTable
    {
        public BlockTable(TranslationCPU cpu, Registers registers, Dictionary<uint, Marker> markers)
        {
            this.cpu = cpu;
            this.registers = registers;
            this.markers = markers;
        }

        // Mostly it is a block that followed the previous one before.
        public Block Find(Block previous, uint address, uint count)
        {
            if(previous == null)
            {
                return LookUp(address, count);
            }
            var taken = address != previous.End;
            var known = taken ? previous.TakenTo : previous.FallsTo;
            if(known != null && known.Address == address && known.Instructions == count)
            {
                return known;
            }
            known = LookUp(address, count);
            if(taken)
            {
                previous.TakenTo = known;
            }
            else
            {
                previous.FallsTo = known;
            }
            return known;
        }

        public Hit TakeHit(int marker)
        {
            var counters = new ulong[blocks.Count * Hit.CountersPerBlock];
            var i = 0;
            foreach(var block in blocks)
            {
                counters[i++] = block.Executions;
                counters[i++] = block.Taken;
                counters[i++] = block.MispredictsIfForward;
                counters[i++] = block.MispredictsIfBackward;
            }
            return new Hit { Marker = marker, Argument = (uint)registers.Read(0), Counters = counters };
        }

        // Address, bytes, instructions, registers at first sight.
        public void Write(BinaryWriter writer)
        {
            foreach(var block in blocks)
            {
                writer.Write(block.Address);
                writer.Write(block.End - block.Address);
                writer.Write(block.Instructions);
                foreach(var value in block.Registers)
                {
                    writer.Write(value);
                }
            }
        }

        public int Count { get { return blocks.Count; } }

        private Block LookUp(uint address, uint count)
        {
            Block block;
            var key = (ulong)address << 32 | count;
            if(!blockByKey.TryGetValue(key, out block))
            {
                block = NewBlock(address, count);
                blocks.Add(block);
                blockByKey.Add(key, block);
            }
            return block;
        }

        private Block NewBlock(uint address, uint count)
        {
            var block = new Block { Index = blocks.Count, Address = address, Instructions = count, End = EndOf(address, count) };
            block.Registers = new uint[RegisterCount];
            for(var i = 0; i < RegisterCount; i++)
            {
                block.Registers[i] = (uint)registers.Read(i);
            }
            markers.TryGetValue(address, out block.Marker);
            block.Whole = block;
            foreach(var other in blocks)
            {
                if(other.Address == address)
                {
                    if(other.Whole.Instructions > count)
                    {
                        block.Whole = other.Whole;
                        break;
                    }
                    other.Whole = block;
                }
            }
            return block;
        }

        private uint EndOf(uint address, uint count)
        {
            for(; count > 0; count--)
            {
                // Thumb: a first halfword from 0xE800 up begins an instruction of four bytes.
                address += cpu.Bus.ReadWord(address) >= 0xE800 ? 4u : 2u;
            }
            return address;
        }

        private readonly TranslationCPU cpu;
        private readonly Registers registers;
        private readonly Dictionary<uint, Marker> markers;
        private readonly Dictionary<ulong, Block> blockByKey = new Dictionary<ulong, Block>();
        private readonly List<Block> blocks = new List<Block>();

        private const int RegisterCount = 15;
    }
}
