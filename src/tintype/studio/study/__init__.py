"""Studies with people: can they tell colored from real, and whose colors do they prefer?"""
